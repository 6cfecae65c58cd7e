import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Engine, type EngineOptions } from '../../src/mining/engine';
import type { Attempt } from '../../src/template/segment';
import type { Conflict } from '../../src/workers/share-intake';
import { NodeApi, NodeAway, type Work } from './node-api';
import { shareBody, type ShareBody } from './share-body';

/** How often the node is asked for the round and the target, between rounds and in one. */
const IDLE_POLL_MS = 1_000;
const POLL_MS = 3_000;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 15_000;
/** Shares are kept this long while the node is away; so is the engine at work. */
const AWAY_MS = 120_000;
const MAX_QUEUED = 1_000;
/** How a node rejects shares that come too late. */
const ROUND_OVER: Conflict = 'round_over';

export interface RemoteMinerOptions extends Pick<EngineOptions, 'threads' | 'backend'> {
  url: string;
  id: string;
  /** Called with what a person should know. */
  note: (text: string) => void;
}

interface QueuedShare {
  round: number;
  body: ShareBody;
}

/** Mines for a node until it is stopped: round after round, through its absences. */
export class RemoteMiner {
  private readonly api: NodeApi;
  private readonly engine: Engine;
  /** Tells this run's submissions from those of a run before. */
  private readonly runId = randomBytes(4).toString('hex');
  private readonly queue: QueuedShare[] = [];
  private work: Work | undefined;
  private submissions = 0;
  private awaySinceMs: number | undefined;
  private wake: (() => void) | undefined;
  /** Aborted to have the node asked for work at once. */
  private askNow = new AbortController();

  accepted = 0;
  rejected = 0;

  constructor(private readonly options: RemoteMinerOptions) {
    const { url, id, threads, backend, note } = options;
    this.api = new NodeApi(url, id);
    this.engine = new Engine({ threads, backend, log: (_level, message) => note(message) });
  }

  get hashrateHps(): number {
    return this.engine.hashrateHps;
  }

  /** The round being mined; undefined between rounds. */
  get round(): number | undefined {
    return this.work?.round;
  }

  get nodeIsAway(): boolean {
    return this.awaySinceMs !== undefined;
  }

  /** Resolves when it was stopped. @throws when the node gives work that this program can't do. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.wake?.(), { once: true });
    try {
      await Promise.all([this.follow(signal), this.submitAll(signal)]);
    } finally {
      await this.engine.stop();
      await this.engine.close();
    }
  }

  /** Keeps the engine on the work of the round that runs. */
  private async follow(signal: AbortSignal): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      try {
        await this.take(await this.api.work(signal));
        this.back();
        retryMs = FIRST_RETRY_MS;
        const pollMs = this.work ? POLL_MS : IDLE_POLL_MS;
        await pause(pollMs, AbortSignal.any([signal, this.askNow.signal]));
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof NodeAway)) throw error;
        this.away(error);
        if (performance.now() - this.awaySinceMs! > AWAY_MS) await this.take(undefined);
        await pause(retryMs, signal);
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
      }
    }
  }

  private async take(work: Work | undefined): Promise<void> {
    const { work: current } = this;
    this.work = work;
    if (!work) {
      if (!current) return;
      this.options.note(`round ${current.round} is over`);
      return this.engine.stop();
    }
    if (current?.key === work.key) {
      if (current.target !== work.target) this.engine.setTarget(work.target);
      return;
    }
    this.options.note(`mining round ${work.round}`);
    const { template, extranonce1, target } = work;
    // Anywhere: a run before this one, or another worker where ids ran out, may have begun at 0.
    const extranonce2 = randomBytes(4).readUInt32BE();
    const onFound = (attempts: Attempt[]): void => this.found(work, attempts);
    this.engine.search({ template, extranonce1, extranonce2, target, onFound });
  }

  private found({ round, template }: Work, attempts: Attempt[]): void {
    for (const attempt of attempts) {
      const body = shareBody(template, attempt, {
        worker_id: this.options.id,
        submission_id: `${this.runId}-${++this.submissions}`,
      });
      this.queue.push({ round, body });
      if (this.queue.length > MAX_QUEUED) this.queue.shift();
    }
    this.wake?.();
  }

  /** Sends what was found, oldest first; a share that got no answer is sent again, which does no harm. */
  private async submitAll(signal: AbortSignal): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      const share = this.queue[0];
      if (!share) {
        await new Promise<void>((resolve) => (this.wake = resolve));
        continue;
      }
      try {
        const reason = await this.api.submit(share.round, share.body, signal);
        if (this.queue[0] === share) this.queue.shift();
        retryMs = FIRST_RETRY_MS;
        if (reason === undefined) this.accepted++;
        else {
          this.rejected++;
          if (reason === ROUND_OVER) this.drop(share.round);
          else this.options.note(`share rejected: ${reason}`);
        }
      } catch (error) {
        if (signal.aborted) return;
        this.away(error as Error);
        await pause(retryMs, signal);
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
      }
    }
  }

  /** Forgets what was found for a round that is over, and asks for the next. */
  private drop(round: number): void {
    const late = this.queue.filter((share) => share.round === round).length;
    this.rejected += late;
    this.queue.splice(0, Infinity, ...this.queue.filter((share) => share.round !== round));
    if (this.work?.round !== round) return;
    this.askNow.abort();
    this.askNow = new AbortController();
  }

  private away({ message }: Error): void {
    if (this.awaySinceMs !== undefined) return;
    this.awaySinceMs = performance.now();
    this.options.note(`the node is away: ${message}`);
  }

  private back(): void {
    if (this.awaySinceMs === undefined) return;
    this.awaySinceMs = undefined;
    this.options.note('the node is back');
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
