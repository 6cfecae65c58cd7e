import { setTimeout as sleep } from 'node:timers/promises';
import { StatusError } from './endpoint';
import type { Method, Methods } from './methods';
import type { Network } from './network';
import { Random } from './random';
import type { SimulatedNode } from './simulated-node';

/** What an outage of a node's RPC is like. */
const OUTAGES = ['500', 'error', 'null', 'silence', 'slow', 'stale', 'partial'] as const;
export type OutageKind = (typeof OUTAGES)[number];
/** Those in which the node answers, and its answer is not the truth. */
const WRONG_VIEWS: readonly OutageKind[] = ['stale', 'partial'];
/** What a call of the node's logger comes to: notices are so few that outages would miss them. */
const NOTICE_FAULTS = [undefined, '500', 'error', 'null', 'silence', 'slow'] as const;
/** What happens to a process. */
const PROCESS_FAULTS = ['kill', 'terminate', 'freeze'] as const;
export type ProcessFaultKind = (typeof PROCESS_FAULTS)[number];

/** Times are parts of a round. */
const QUIET = { low: 0.15, high: 0.6 };
const OUTAGE = { low: 0.02, high: 0.12 };
const PROCESS_FAULT = { low: 0.02, high: 0.08 };
const SLOW = 0.03;

interface Outage {
  kind: OutageKind;
  over: Promise<unknown>;
}

export interface FaultOptions {
  /** The same seed gives the same faults, as far as the tasks take the same time. */
  seed: string;
  roundSeconds: number;
  /** Nodes whose processes are left alone, by index: their RPC alone fails. */
  spared?: ReadonlySet<number>;
}

/** Troubles a network: outages of each node's RPC, notices that get no answer, and processes that are killed, stopped and frozen. */
export class Faults {
  /** How often each came. */
  readonly counts = new Map<OutageKind | ProcessFaultKind | 'notice', number>();
  private readonly outages = new Map<SimulatedNode, Outage>();
  /** Public key and round of each view that was wrong for a while. */
  private readonly wrongViews = new Set<string>();
  private readonly ended = new AbortController();

  constructor(private readonly options: FaultOptions) {}

  /** What came how often. */
  summary(): string {
    return [...this.counts].map(([kind, times]) => `${kind} ${times}`).join(', ') || 'none';
  }

  /** Whether a node was shown a stale or partial chain while a round ran: it may have believed what it saw. */
  readonly hadWrongView = (publicKey: string, round: number): boolean =>
    this.wrongViews.has(`${publicKey} ${round}`);

  /** For NetworkOptions.changeMethods. */
  readonly changeMethods = (methods: Methods, node: SimulatedNode): Methods =>
    Object.fromEntries(
      Object.entries(methods).map(([name, method]) => [name, this.wrapped(node, name, method)]),
    );

  /** Begins; ends with the network. */
  start(network: Network): void {
    const { seed } = this.options;
    const end = (): void => this.ended.abort();
    network.finished.then(end, end);
    for (const node of network.nodes) {
      const random = new Random(`${seed}/rpc/${node.index}`);
      void this.untilTheEnd(() => this.injectOutage(network, node, random));
    }
    const random = new Random(`${seed}/processes`);
    void this.untilTheEnd(() => this.injectProcessFault(network.nodes, random));
  }

  private async untilTheEnd(inject: () => Promise<void>): Promise<void> {
    try {
      for (;;) await inject();
    } catch (error) {
      if (!this.ended.signal.aborted) throw error;
    }
  }

  private async injectOutage(network: Network, node: SimulatedNode, random: Random): Promise<void> {
    await this.wait(random.between(QUIET.low, QUIET.high));
    const kind = random.pick(OUTAGES);
    this.count(kind);
    const over = this.wait(random.between(OUTAGE.low, OUTAGE.high));
    this.outages.set(node, { kind, over });
    const note = (): void =>
      void this.wrongViews.add(`${node.publicKey} ${network.ledger.currentRound}`);
    if (WRONG_VIEWS.includes(kind)) note();
    await over;
    this.outages.delete(node);
    if (WRONG_VIEWS.includes(kind)) note();
  }

  private async injectProcessFault(nodes: readonly SimulatedNode[], random: Random): Promise<void> {
    await this.wait(random.between(QUIET.low, QUIET.high));
    const targets = nodes.filter(
      ({ index, process }) => !this.options.spared?.has(index) && process.state === 'running',
    );
    if (targets.length === 0) return;
    const { process } = random.pick(targets);
    const kind = random.pick(PROCESS_FAULTS);
    this.count(kind);
    if (kind === 'freeze') process.pause();
    else process.kill(kind === 'kill' ? 'SIGKILL' : 'SIGTERM');
    await this.wait(random.between(PROCESS_FAULT.low, PROCESS_FAULT.high));
    if (kind === 'freeze') process.resume();
    else {
      // One that takes its time to end is not started beside itself.
      await process.restart();
    }
  }

  /** The node's outage; without one, what a notice comes to: most are not answered as they should be. */
  private noticeOutage(node: SimulatedNode, random: Random): Outage | undefined {
    const kind = random.pick(NOTICE_FAULTS);
    if (this.outages.has(node) || kind === undefined) return this.outages.get(node);
    this.count('notice');
    const over = this.wait(OUTAGE.high);
    // Only silence waits for it; the run may end before.
    over.catch(() => undefined);
    return { kind, over };
  }

  private wrapped(node: SimulatedNode, name: string, method: Method): Method {
    let last: { answer: unknown } | undefined;
    const random = new Random(`${this.options.seed}/notices/${node.index}`);
    return async (...args) => {
      const outage = name === 'logger' ? this.noticeOutage(node, random) : this.outages.get(node);
      const healthy = async (): Promise<unknown> => {
        const answer = await method(...args);
        last = { answer: structuredClone(answer) };
        return answer;
      };
      switch (outage?.kind) {
        case '500':
          throw new StatusError(500, 'fault: internal error');
        case 'error':
          return { error: 'fault: K2 is away' };
        case 'null':
          return null;
        case 'silence':
          await outage.over;
          return { error: 'fault: no answer' };
        case 'slow':
          await this.wait(SLOW);
          return healthy();
        case 'stale':
          return last && name.startsWith('get') ? last.answer : healthy();
        case 'partial':
          return name === 'getTaskSubmissionInfo' ? withoutOne(await method(...args)) : healthy();
        default:
          return healthy();
      }
    };
  }

  private count(kind: OutageKind | ProcessFaultKind | 'notice'): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  private wait(rounds: number): Promise<unknown> {
    const ms = rounds * this.options.roundSeconds * 1000;
    return sleep(ms, undefined, { signal: this.ended.signal });
  }
}

/** The answer of getTaskSubmissionInfo without its first submitter. */
function withoutOne(answer: unknown): unknown {
  const info = structuredClone(answer) as { submissions: Record<string, Record<string, unknown>> };
  for (const submissions of Object.values(info.submissions)) {
    const [first] = Object.keys(submissions);
    if (first !== undefined) delete submissions[first];
  }
  return info;
}
