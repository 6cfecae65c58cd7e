import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Engine, type EngineOptions } from '../../src/mining/engine';
import { sparingly } from '../../src/process/log';
import type { Conflict } from '../../src/rounds/remote-shares';
import type { Attempt } from '../../src/work/attempt';
import { HandedJobs } from './handed-jobs';
import { NodeApi, type Work } from './node-api';
import { NodeAvailability } from './node-availability';
import { NodeAway, WrongServer } from './server-faults';
import { shareBody, type ShareBody } from './share-body';

/** How often the node is asked for a round between rounds. */
const IDLE_POLL_MS = 1_000;
/** The node is asked for the next job without a pause, as it holds such requests; but at most this often. */
const LEAST_ASK_MS = 250;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 15_000;
/** How long shares are kept, and mining continues, while the node is away. */
const AWAY_MS = 120_000;
const MAX_QUEUED = 1_000;
/** A wrong server may be the node's proxy answering while the node restarts. */
const WRONG_MS = 600_000;
/** How long the last shares are still submitted at the end. */
const LAST_SUBMISSIONS_MS = 1_000;
/** The reasons with which a node rejects late shares and shares of an unknown job. */
const ROUND_OVER = 'round_over' satisfies Conflict;
const STALE = 'stale' satisfies Conflict;

export interface RemoteMinerOptions extends Pick<EngineOptions, 'threads' | 'backend'> {
  url: string;
  id: string;
  /** Called with messages for the user. */
  note: (text: string) => void;
}

export interface Totals {
  hashes: number;
  /** How long it mined. */
  minedMs: number;
  accepted: number;
  rejected: number;
  /** Shares found that never got an answer. */
  unsubmitted: number;
}

interface QueuedShare {
  round: number;
  body: ShareBody;
}

/** Mines for a node until stopped, round after round, also while the node is away. */
export class RemoteMiner {
  private readonly api: NodeApi;
  private readonly engine: Engine;
  /** Distinguishes this run's submissions from those of an earlier run. */
  private readonly runId = randomBytes(4).toString('hex');
  private readonly queue: QueuedShare[] = [];
  private jobs: HandedJobs | undefined;
  private submissions = 0;
  private readonly availability: NodeAvailability;
  private isMet = false;
  private minedMs = 0;
  private minesSinceMs: number | undefined;
  private dropped = 0;
  private wake: (() => void) | undefined;
  /** Aborted to have the node asked for work at once. */
  private askNow = new AbortController();
  /** Aborted to have shares submitted at once. */
  private submitNow = new AbortController();
  private readonly tellRejection: (reason: string) => void;

  accepted = 0;
  rejected = 0;

  constructor(private readonly options: RemoteMinerOptions) {
    const { url, id, threads, backend, note } = options;
    this.api = new NodeApi(url, id);
    this.availability = new NodeAvailability(note);
    this.tellRejection = sparingly((times, reason) =>
      note(`share rejected: ${reason}${times > 1 ? ` (${times} since this was told last)` : ''}`),
    );
    this.engine = new Engine({
      threads,
      backend,
      log: (level, message) => level !== 'debug' && note(message),
    });
  }

  get hashrateHps(): number {
    return this.engine.hashrateHps;
  }

  /** The round being mined; undefined between rounds. */
  get round(): number | undefined {
    return this.jobs?.work.round;
  }

  get nodeIsAway(): boolean {
    return this.availability.isAway;
  }

  /** Shares found that got no answer yet and may still be submitted. */
  get waiting(): number {
    return this.queue.length;
  }

  /** What this run has done. */
  get totals(): Totals {
    const sinceMs = this.minesSinceMs ?? performance.now();
    return {
      hashes: this.engine.hashes,
      minedMs: this.minedMs + performance.now() - sinceMs,
      accepted: this.accepted,
      rejected: this.rejected,
      unsubmitted: this.queue.length + this.dropped,
    };
  }

  /** Resolves once stopped. @throws WrongServer if there is no node, or its work can't be done here */
  async run(signal: AbortSignal): Promise<void> {
    // Either ends the other.
    const ended = new AbortController();
    const end = AbortSignal.any([signal, ended.signal]);
    try {
      await Promise.all([
        this.follow(end)
          .finally(() => this.rest('it ends'))
          .finally(() => ended.abort()),
        this.submitAll(end).finally(() => ended.abort()),
      ]);
    } finally {
      await this.engine.close();
    }
  }

  /** Keeps the engine on the work of the current round. */
  private async follow(signal: AbortSignal): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    let askedAtMs = -Infinity;
    /** The job whose successor to wait for; undefined to get an answer at once, as after a fault. */
    let after: string | undefined;
    while (!signal.aborted) {
      await pause(askedAtMs + LEAST_ASK_MS - performance.now(), signal);
      askedAtMs = performance.now();
      const ask = AbortSignal.any([signal, this.askNow.signal]);
      try {
        const work = await this.api.work(ask, after);
        this.isMet = true;
        if (this.nodeIsAway) this.submitNow.abort();
        this.availability.succeeded('work');
        // After a round the next one may begin at once.
        const pauseMs = work ? 0 : this.jobs ? LEAST_ASK_MS : IDLE_POLL_MS;
        await this.take(work);
        after = work?.jobId;
        retryMs = FIRST_RETRY_MS;
        await pause(pauseMs, ask);
      } catch (error) {
        if (signal.aborted) return;
        after = undefined;
        if (ask.aborted) continue;
        this.expectPassing(error);
        this.availability.failed('work', error);
        if (this.availability.awayMs > AWAY_MS) await this.rest('the node is away for long');
        await pause(retryMs, signal);
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
      }
    }
  }

  /** @throws a lasting error: there never was a node, or it has been gone for long */
  private expectPassing(error: unknown): asserts error is NodeAway | WrongServer {
    if (error instanceof NodeAway) return;
    const isPassing = this.isMet && this.availability.awayMs < WRONG_MS;
    if (!(error instanceof WrongServer) || !isPassing) throw error;
  }

  /** Stops mining, if under way. */
  private async rest(why: string): Promise<void> {
    if (!this.jobs) return;
    this.options.note(`mining of round ${this.jobs.work.round} stops: ${why}`);
    this.jobs = undefined;
    await this.engine.stop();
    this.minedMs += performance.now() - this.minesSinceMs!;
    this.minesSinceMs = undefined;
    this.wake?.();
  }

  private async take(work: Work | undefined): Promise<void> {
    if (!work) return this.rest('the round is over');
    if (this.jobs?.work.key === work.key) {
      this.jobs.add(work);
      return this.engine.setTarget(work.target);
    }
    const isFirst = this.round !== work.round;
    const { height } = work.template;
    this.options.note(
      isFirst
        ? `mining round ${work.round}`
        : `round ${work.round} goes on with the block at height ${height}`,
    );
    const jobs = new HandedJobs(work);
    this.jobs = jobs;
    const { template, extranonce1: prefix, target } = work;
    // Starts anywhere: an earlier run, or another worker if ids ran out, may have started at 0.
    const extranonce2 = randomBytes(4).readUInt32BE();
    this.minesSinceMs ??= performance.now();
    const onFound = (attempts: Attempt[]): void => this.found(jobs, attempts);
    this.engine.search({
      template,
      prefix,
      extranonce2,
      target,
      onFound,
      onHashes: () => undefined,
    });
  }

  private found(jobs: HandedJobs, attempts: Attempt[]): void {
    const { round, template } = jobs.work;
    for (const attempt of attempts) {
      const body = shareBody(template, attempt, {
        worker_id: this.options.id,
        submission_id: `${this.runId}-${++this.submissions}`,
      });
      const job_id = jobs.idFor(BigInt(`0x${body.hash}`));
      this.queue.push({ round, body: { ...body, job_id } });
      if (this.queue.length <= MAX_QUEUED) continue;
      this.queue.shift();
      this.dropped++;
    }
    this.wake?.();
  }

  /**
   * Sends found shares, oldest first; a share that got no answer is sent again, which is harmless. Once
   * stopped, the rest is sent as long as the node accepts it, for a second at most.
   */
  private async submitAll(signal: AbortSignal): Promise<void> {
    const late = new AbortController();
    const stop = (): void => {
      setTimeout(() => {
        late.abort();
        this.wake?.();
      }, LAST_SUBMISSIONS_MS).unref();
      this.submitNow.abort();
      this.wake?.();
    };
    signal.addEventListener('abort', stop, { once: true });
    let retryMs = FIRST_RETRY_MS;
    while (!late.signal.aborted) {
      const share = this.queue[0];
      if (!share) {
        if (signal.aborted && this.minesSinceMs === undefined) return;
        await new Promise<void>((resolve) => (this.wake = resolve));
        continue;
      }
      try {
        const reason = await this.api.submit(share.round, share.body, late.signal);
        if (this.queue[0] === share) this.queue.shift();
        this.availability.succeeded('submission');
        retryMs = FIRST_RETRY_MS;
        if (reason === undefined) this.accepted++;
        else {
          this.rejected++;
          if (reason !== ROUND_OVER) this.tellRejection(reason);
          if (reason === ROUND_OVER || reason === STALE) this.drop(share, reason);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof NodeAway || error instanceof WrongServer)) throw error;
        this.availability.failed('submission', error);
        this.submitNow = new AbortController();
        await pause(retryMs, AbortSignal.any([signal, this.submitNow.signal]));
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
      }
    }
  }

  /** Drops the shares that would be rejected like this one, and asks for work. */
  private drop({ round, body }: QueuedShare, reason: typeof ROUND_OVER | typeof STALE): void {
    const isLost = (share: QueuedShare): boolean =>
      share.round === round && (reason === ROUND_OVER || share.body.job_id === body.job_id);
    const kept = this.queue.filter((share) => !isLost(share));
    this.rejected += this.queue.length - kept.length;
    this.queue.splice(0, Infinity, ...kept);
    if (this.round !== round) return;
    this.askNow.abort();
    this.askNow = new AbortController();
  }
}

/** Waits this long, if above 0, or until the signal. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
