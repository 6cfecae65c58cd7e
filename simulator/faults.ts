import { setTimeout as sleep } from 'node:timers/promises';
import { StatusError } from './endpoint';
import type { Method, Methods } from './methods';
import type { Network } from './network';
import { Random } from './random';
import type { SimulatedNode } from './simulated-node';

/** The kinds of outage of a node's RPC. */
const OUTAGES = ['500', 'error', 'null', 'silence', 'slow', 'stale', 'partial'] as const;
export type OutageKind = (typeof OUTAGES)[number];
/** Outages in which the node answers, but wrongly. */
const WRONG_VIEWS: readonly OutageKind[] = ['stale', 'partial'];
/** What can happen to a call of the node's logger: notices are so rare that outages would miss them. */
const NOTICE_FAULTS = [undefined, '500', 'error', 'null', 'silence', 'slow'] as const;
/** What can be done to a process. */
const PROCESS_FAULTS = ['kill', 'terminate', 'freeze'] as const;
export type ProcessFaultKind = (typeof PROCESS_FAULTS)[number];

/** Times as fractions of a round. */
const QUIET = { low: 0.15, high: 0.6 };
const OUTAGE = { low: 0.02, high: 0.12 };
const PROCESS_FAULT = { low: 0.02, high: 0.08 };
const SLOW = 0.03;

interface Outage {
  kind: OutageKind;
  over: Promise<unknown>;
}

export interface FaultOptions {
  /** The same seed gives the same faults, provided the tasks take the same time. */
  seed: string;
  roundSeconds: number;
  /** Nodes whose processes are left alone, by index: only their RPC fails. */
  spared?: ReadonlySet<number>;
}

/** Injects faults into a network: RPC outages, unanswered notices, and processes killed, stopped or frozen. */
export class Faults {
  /** How often each occurred. */
  readonly counts = new Map<OutageKind | ProcessFaultKind | 'notice', number>();
  private readonly outages = new Map<SimulatedNode, Outage>();
  /** The public key and round of each view that was wrong for a while. */
  private readonly wrongViews = new Set<string>();
  private readonly ended = new AbortController();

  constructor(private readonly options: FaultOptions) {}

  /** Which faults occurred, and how often. */
  summary(): string {
    return [...this.counts].map(([kind, times]) => `${kind} ${times}`).join(', ') || 'none';
  }

  /** Whether a node was shown a stale or partial chain while a round ran, and so may have believed it. */
  readonly hadWrongView = (publicKey: string, round: number): boolean =>
    this.wrongViews.has(`${publicKey} ${round}`);

  /** For NetworkOptions.changeMethods. */
  readonly changeMethods = (methods: Methods, node: SimulatedNode): Methods =>
    Object.fromEntries(
      Object.entries(methods).map(([name, method]) => [name, this.wrapped(node, name, method)]),
    );

  /** Starts injecting; stops when the network ends. */
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
      // Waits for the old process to end: the two must not run at the same time.
      await process.restart();
    }
  }

  /** The node's outage; if it has none, a fault for this notice: most notices get a wrong answer or none. */
  private noticeOutage(node: SimulatedNode, random: Random): Outage | undefined {
    const kind = random.pick(NOTICE_FAULTS);
    if (this.outages.has(node) || kind === undefined) return this.outages.get(node);
    this.count('notice');
    const over = this.wait(OUTAGE.high);
    // Only 'silence' waits for it, and the run may end first.
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
