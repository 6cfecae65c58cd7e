import { displayHash } from '../bitcoin/target';
import { monotonicClock } from '../clock';
import { FLOOR } from '../consensus';
import type { Log } from '../log';
import type { Engine } from '../mining/engine';
import type { Admission } from '../proof/best-shares';
import type { Share } from '../proof/share';
import { packAttempt, type Attempt } from '../work/attempt';
import type { Identity } from '../work/identity';
import { Round } from './round';
import type { RoundStore } from './round-store';
import type { ShareLog } from './share-log';
import { LOCAL_WORKER } from './share-record';
import { isAnotherTarget, shareTargetFor } from './vardiff';

/** Every start of a round has its own prefix, so that a restart goes over no old ground. */
const STARTS = 256;

/** New best shares are saved this often, so a kill loses at most this much. */
const SAVE_MS = 1000;
/** The counters are saved with them, and every so many times by themselves. */
const TICKS_PER_COUNTER_SAVE = 10;
/** Threads that are up tell of their hashes several times a second. */
const STALLED_MS = 30_000;

export interface MinerOptions {
  identity: Identity;
  engine: Engine;
  store: RoundStore;
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
  private countedHashes = 0;
  private allHashes = 0;
  private hashedAt = 0;
  private unsaved = false;
  private saveFault: unknown;

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
    if (this.current?.number === round) return this.current;
    const saved = await this.options.store.load(round);
    if (!saved) return undefined;
    const { shares } = this.options;
    shares.goOnAbove(saved.countedUntil);
    saved.replay(shares.restoredOf(round));
    return saved;
  }

  /** Takes in a remote worker's share of the round being mined; its log entry is the caller's to make. */
  admit(round: Round, share: Share): Admission {
    const admission = round.admit(share);
    if (admission === 'best') {
      this.unsaved = true;
      this.retarget(round);
    }
    return admission;
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
    const { identity, log } = this.options;
    const saved = await this.round(round);
    if (!saved) return Round.begin(identity, round, seed);
    if (saved.seed.equals(seed)) return saved;
    log.warn(
      `round ${round} has another seed than before: what was mined is worthless, starting afresh`,
    );
    return Round.begin(identity, round, seed);
  }

  private async run(round: Round, durationMs: number): Promise<void> {
    const { engine, log } = this.options;
    const ended = new Promise<void>((resolve) => (this.endMining = resolve));
    this.endsAt = performance.now() + durationMs;
    this.expectedEndAt = Infinity;
    this.hashedAt = performance.now();
    const over = new AbortController();
    if (Number.isFinite(durationMs)) {
      monotonicClock.until(this.endsAt, over.signal).then(
        () => this.endMining?.(),
        () => undefined,
      );
    }
    let ticks = 0;
    const ticker = setInterval(() => {
      this.countHashes(round);
      this.retarget(round);
      if (this.unsaved || ++ticks % TICKS_PER_COUNTER_SAVE === 0) void this.save(round);
    }, SAVE_MS);

    this.target = this.wantedTarget(round);
    const prefix = round.starts % STARTS;
    round.start();
    // The start counts before it searches, so that no later start searches the same ground.
    await this.save(round);
    log.info(
      engine.resting
        ? `round ${round.number} runs, at rest: it is mined as soon as that is allowed`
        : `mining round ${round.number}`,
    );
    this.countedHashes = engine.hashes;
    engine.search({
      ...{ template: round.template, prefix, extranonce2: 0, target: this.target },
      onFound: (attempts) => this.take(round, attempts),
      onHashes: () => undefined,
    });
    await ended;
    over.abort();
    clearInterval(ticker);
    await engine.stop();
    this.endMining = undefined;
    this.countHashes(round);
    await this.save(round);
    log.info(
      `mined round ${round.number}: ${round.hashes} hashes done, ${round.estimatedHashes} proven by ${round.shares.length} shares`,
    );
  }

  private take(round: Round, attempts: Attempt[]): void {
    for (const attempt of attempts) {
      const { share, admission } = round.add(attempt, FLOOR);
      if (admission === 'duplicate') continue;
      if (admission === 'invalid')
        this.options.log.error('a kernel reported a hash above the floor');
      if (admission === 'best') this.unsaved = true;
      this.options.shares.note({
        round: round.number,
        workerId: LOCAL_WORKER,
        submissionId: `${LOCAL_WORKER}-${packAttempt(attempt).toString('hex')}`,
        hash: displayHash(share.hashValue),
        attempt,
        best: admission === 'best',
        ...(admission === 'invalid' && { reason: 'above_target' }),
      });
    }
    this.retarget(round);
  }

  private countHashes(round: Round): void {
    const { hashes } = this.options.engine;
    const more = hashes - this.countedHashes;
    if (more > 0 || this.options.engine.resting) this.hashedAt = performance.now();
    round.addHashes(more);
    this.allHashes += more;
    this.countedHashes = hashes;
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

  private async save(round: Round): Promise<void> {
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
      this.options.log.error({ error }, `round ${round.number} could not be saved`);
    }
  }
}
