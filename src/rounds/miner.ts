import { FLOOR } from '../consensus';
import type { Engine } from '../mining/engine';
import { monotonicClock } from '../process/clock';
import { sparingly, type Log } from '../process/log';
import type { Attempt } from '../work/attempt';
import type { Identity } from '../work/identity';
import type { WorkSource } from '../work/source';
import type { Job } from '../workers/jobs';
import { isAnotherTarget, shareTargetFor } from '../workers/worker';
import { Round } from './round';
import { toPacked } from './round-record';
import type { RoundStore } from './round-store';
import type { ShareIntake } from './share-intake';
import type { ShareLog } from './share-log';
import { LOCAL_WORKER } from './share-record';

/** New best shares are saved this often, so a kill loses at most this much. */
const SAVE_MS = 1000;
/** The counters are saved with them, and every so many times by themselves. */
const TICKS_PER_COUNTER_SAVE = 10;
/** Threads that are up tell of their hashes several times a second. */
const STALLED_MS = 30_000;

export interface MinerOptions {
  identity: Identity;
  engine: Engine;
  source: WorkSource;
  store: RoundStore;
  intake: ShareIntake;
  shares: ShareLog;
  log: Log;
}

/** Mines rounds, one at a time, and keeps what it finds. */
export class Miner {
  private current: Round | undefined;
  /** Ends the mining that runs, if any does. */
  private endMining: (() => void) | undefined;
  private mining: Promise<void> = Promise.resolve();
  private calls = 0;
  private target = FLOOR;
  /** The last that was known of the engine's rate while it hashes, over rounds; undefined before anything was. */
  private workHps: number | undefined;
  private endsAt = Infinity;
  private expectedEndAt = Infinity;
  private allHashes = 0;
  private hashedAt = 0;
  private unsaved = false;
  private saveFault: unknown;
  private makingGround: Promise<void> | undefined;
  private changing: { change: Promise<void>; tell: () => void } | undefined;

  /** Also a worker that asks for ground of its own has a round saved. */
  private readonly tellUnsaved = sparingly((times, { number }: Round, error: unknown) => {
    const often = times > 1 ? ` (${times} times)` : '';
    this.options.log.error({ error }, `round ${number} could not be saved${often}`);
  });

  constructor(private readonly options: MinerOptions) {}

  /** The submitter of this node's proofs and the task they are for. */
  get identity(): Identity {
    return this.options.identity;
  }

  get hashrateHps(): number {
    return this.options.engine.hashrateHps;
  }

  /** The highest hash value asked of the miners now. */
  get shareTarget(): bigint {
    return this.target;
  }

  /** Whether the engine does what is wanted of it, and whether the store takes writes. */
  get healthy(): { miner: boolean; shareCollection: boolean } {
    const { engine } = this.options;
    const stalled =
      this.miningRound !== undefined && performance.now() - this.hashedAt > STALLED_MS;
    return {
      miner: engine.healthy && !stalled,
      shareCollection: this.storeFault === undefined,
    };
  }

  /** Why the last try to write to the store failed; undefined while it takes writes. */
  get storeFault(): unknown {
    return this.saveFault ?? this.options.shares.fault;
  }

  /** Hashes done since this process started. */
  get hashesDone(): number {
    return this.allHashes;
  }

  /** The round being mined, or the last one this process mined. */
  get lastRound(): Round | undefined {
    return this.current;
  }

  /** Until the mining that runs ends; Infinity where only the next round ends it, undefined between rounds. */
  get msLeft(): number | undefined {
    const endsAt = Math.min(this.endsAt, this.expectedEndAt);
    return this.endMining && Math.max(0, endsAt - performance.now());
  }

  /** Says in how long whoever began the mining that runs is likely to end it: for `msLeft` alone. */
  expectEnd(inMs: number): void {
    this.expectedEndAt = performance.now() + inMs;
  }

  /** The round being mined; undefined between rounds. */
  get miningRound(): number | undefined {
    return this.endMining ? this.current?.number : undefined;
  }

  /** A round this node knows, mined now or read from the store. */
  async round(round: number): Promise<Round | undefined> {
    return this.current?.number === round ? this.current : this.options.store.load(round);
  }

  /** Resolves when there is other work to be done next: a round begins or ends, or goes on with another segment. */
  get nextChange(): Promise<void> {
    if (!this.changing) {
      let tell = (): void => undefined;
      const change = new Promise<void>((resolve) => (tell = resolve));
      this.changing = { change, tell };
    }
    return this.changing.change;
  }

  /** Has ground for workers that are new. Resolves at once where there is some. */
  async makeGround(round: Round): Promise<void> {
    if (!round.leases.isShort) return;
    // One write for all who wait for it.
    this.makingGround ??= this.save(round).finally(() => (this.makingGround = undefined));
    await this.makingGround;
  }

  /**
   * Mines a round for at most `durationMs`, going on with what was found of it before. Resolves when
   * the time is over, another round is mined, or the round is closed.
   */
  async mine(round: number, seed: Uint8Array, durationMs: number): Promise<void> {
    const begun = await this.begin(round, seed, durationMs);
    await begun?.ended;
  }

  /**
   * Begins to mine a round, as `mine` does, unless it is mined already.
   * @returns what resolves when the mining ends; undefined when another call came while this one was
   *   waiting
   */
  async begin(
    round: number,
    seed: Uint8Array,
    durationMs: number,
  ): Promise<{ ended: Promise<void> } | undefined> {
    if (this.miningRound === round) return { ended: this.mining };
    const call = ++this.calls;
    await this.pause();
    const opened = await this.open(round, seed);
    if (call !== this.calls) return undefined;
    // After a reset of the chain a round of a number that was closed runs again.
    opened.reopen();
    this.current = opened;
    this.mining = this.run(opened, durationMs);
    return { ended: this.mining };
  }

  /** Ends the mining that runs; resolves when all that was found is saved. */
  async pause(): Promise<void> {
    this.endMining?.();
    await this.mining;
  }

  /**
   * Ends a round, unless it is begun again.
   * @returns the round with its final proof; undefined when this node never mined it
   */
  async close(round: number): Promise<Round | undefined> {
    if (this.miningRound === round) await this.pause();
    const closing = await this.round(round);
    if (closing && !closing.closed) {
      closing.close();
      await this.save(closing);
    }
    return closing;
  }

  private async open(round: number, seed: Uint8Array): Promise<Round> {
    const { identity, source, log } = this.options;
    const begin = (): Round => Round.begin(identity, round, seed, source.origin);
    const saved = await this.round(round);
    if (!saved) return begin();
    if (saved.seed.equals(seed)) return saved;
    log.warn(
      `round ${round} has another seed than before: what was mined is worthless, starting afresh`,
    );
    return begin();
  }

  private async run(round: Round, durationMs: number): Promise<void> {
    const { engine, intake, log } = this.options;
    const over = new AbortController();
    const ended = new Promise<void>((resolve) => (this.endMining = resolve));
    this.endsAt = performance.now() + durationMs;
    this.expectedEndAt = Infinity;
    this.hashedAt = performance.now();
    if (Number.isFinite(durationMs)) {
      monotonicClock.until(this.endsAt, over.signal).then(
        () => this.endMining?.(),
        () => undefined,
      );
    }
    let ticks = 0;
    const ticker = setInterval(() => {
      if (engine.resting) this.hashedAt = performance.now();
      this.retarget(round);
      const isDue = this.unsaved || round.leases.isLow;
      if (isDue || ++ticks % TICKS_PER_COUNTER_SAVE === 0) void this.save(round);
    }, SAVE_MS);
    intake.open(round, {
      onBest: () => {
        this.unsaved = true;
        this.retarget(round);
      },
      store: (of) => this.store(of),
    });
    const following = this.follow(round, over.signal).catch((error: unknown) =>
      log.error({ error }, `round ${round.number} gets no more work`),
    );
    await ended;
    over.abort();
    clearInterval(ticker);
    await following;
    await engine.stop();
    intake.close(round);
    this.endMining = undefined;
    this.tellOfChange();
    await this.save(round);
    log.info(
      `mined round ${round.number}: ${round.hashes} hashes done, ${round.estimatedHashes} proven by ${round.shares.length} shares`,
    );
  }

  /** Mines on the segments of a round as they come. */
  private async follow(round: Round, signal: AbortSignal): Promise<void> {
    const { engine, identity, log, source } = this.options;
    const { taskId } = identity;
    const of = { taskId, round: round.number, seed: round.seed };
    let isFirst = true;
    for await (const segment of source.segments(of, round.segments, signal)) {
      const index = round.addSegment(segment);
      // No search goes over the ground of another, on a segment that comes back neither.
      const prefix = round.leases.take();
      round.leases.openShared();
      // Stored before a hash is done, so that no later process searches the same ground.
      await this.save(round);
      if (signal.aborted) return;
      round.workOn(index);
      this.target = this.wantedTarget(round);
      this.tellOfChange();
      if (prefix === undefined) {
        log.error(`round ${round.number} has no ground left: its threads rest`);
        await engine.stop();
        continue;
      }
      if (isFirst) this.tellOfStart(round);
      else log.info(`round ${round.number} goes on with the block at height ${segment.height}`);
      isFirst = false;
      this.search(round, index, prefix);
    }
  }

  private tellOfStart({ number }: Round): void {
    const { engine, log } = this.options;
    if (!engine.resting) log.info(`mining round ${number}`);
    else log.info(`round ${number} runs, at rest: it is mined as soon as that is allowed`);
  }

  private search(round: Round, segment: number, prefix: number): void {
    const template = round.templates[segment]!;
    // Whatever the threads were asked for when they found it, a share is one below the floor.
    const job: Job = { round: round.number, segment, template, prefix, target: FLOOR };
    this.options.engine.search({
      template,
      prefix,
      extranonce2: 0,
      target: this.target,
      onFound: (attempts) => attempts.forEach((attempt) => this.found(job, attempt)),
      onHashes: (count) => this.countHashes(round, count),
    });
  }

  private found(job: Job, attempt: Attempt): void {
    const submissionId = `${LOCAL_WORKER}-${toPacked(attempt)}`;
    const found = { job, attempt, workerId: LOCAL_WORKER, submissionId };
    const { outcome } = this.options.intake.take(found);
    if (outcome !== 'rejected') return;
    this.options.log.error('a kernel reported a hash above the floor');
  }

  private countHashes(round: Round, count: number): void {
    this.hashedAt = performance.now();
    round.addHashes(count);
    this.allHashes += count;
  }

  private tellOfChange(): void {
    this.changing?.tell();
    this.changing = undefined;
  }

  private retarget(round: Round): void {
    const target = this.wantedTarget(round);
    if (!isAnotherTarget(target, this.target)) return;
    this.target = target;
    this.options.engine.setTarget(target);
  }

  /** Where no rate is known yet, as when the engine rests, the last one stands; before the first, what may enter the proof. */
  private wantedTarget({ limit }: Round): bigint {
    this.workHps = this.options.engine.workHps ?? this.workHps;
    return this.workHps === undefined ? limit : shareTargetFor(this.workHps, limit);
  }

  /** Stores a round; failures end in the log. */
  private async save(round: Round): Promise<void> {
    await this.store(round).catch((error: unknown) => this.tellUnsaved(round, error));
  }

  /** @throws while the store takes no writes; the round is stored again within a second */
  private async store(round: Round): Promise<void> {
    const { store, shares } = this.options;
    this.unsaved = false;
    try {
      round.setCountedUntil(shares.lastPlace);
      await store.save(round);
      await shares.flush();
      this.saveFault = undefined;
    } catch (error) {
      this.unsaved = true;
      this.saveFault = error;
      throw error;
    }
  }
}
