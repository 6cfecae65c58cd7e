import { monotonicClock } from '../process/clock';
import type { Identity } from '../work/identity';
import { Round } from './round';
import { RoundSearch, type RoundSearchOptions } from './round-search';

/** Mines rounds, one at a time: begins them, ends them, and goes on with what was found of them before. */
export class Miner {
  private readonly search: RoundSearch;
  private current: Round | undefined;
  /** Ends the running mining; undefined between rounds. */
  private endMining: (() => void) | undefined;
  private mining: Promise<void> = Promise.resolve();
  private calls = 0;
  private endsAtMs = Infinity;
  private expectedEndAtMs = Infinity;
  private changing: { change: Promise<void>; tell: () => void } | undefined;

  constructor(private readonly options: RoundSearchOptions) {
    this.search = new RoundSearch(options, () => this.tellOfChange());
  }

  /** The submitter of this node's proofs and the task they are for. */
  get identity(): Identity {
    return this.options.identity;
  }

  get hashrateHps(): number {
    return this.options.engine.hashrateHps;
  }

  /** The highest hash value asked of this node's threads now. */
  get shareTarget(): bigint {
    return this.search.shareTarget;
  }

  /** Hashes done since this process started. */
  get hashesDone(): number {
    return this.search.hashesDone;
  }

  /** Whether the engine does what is wanted of it, and whether the store takes writes. */
  get healthy(): { miner: boolean; shareCollection: boolean } {
    const isStalled = this.miningRound !== undefined && this.search.isStalled;
    return {
      miner: this.options.engine.healthy && !isStalled,
      shareCollection: this.storeFault === undefined,
    };
  }

  /** Why the last write to the store failed; undefined while it takes writes. */
  get storeFault(): unknown {
    return this.options.keeper.storeFault;
  }

  /** The round being mined, or the last one this process mined. */
  get lastRound(): Round | undefined {
    return this.current;
  }

  /** The round being mined; undefined between rounds. */
  get miningRound(): number | undefined {
    return this.endMining ? this.current?.number : undefined;
  }

  /** Time left until the running mining ends; Infinity where only the next round ends it, undefined between rounds. */
  get msLeft(): number | undefined {
    const endsAtMs = Math.min(this.endsAtMs, this.expectedEndAtMs);
    return this.endMining && Math.max(0, endsAtMs - performance.now());
  }

  /** Notes when the caller is likely to end the running mining; only `msLeft` goes by it. */
  expectEnd(inMs: number): void {
    this.expectedEndAtMs = performance.now() + inMs;
  }

  /** A round this node knows, mined by this process or read from the store. */
  async round(round: number): Promise<Round | undefined> {
    const { intake, keeper } = this.options;
    return this.current?.number === round
      ? this.current
      : (intake.openRound(round) ?? keeper.load(round));
  }

  /** How long a round was mined on a seed since it was opened, by earlier processes too. */
  async minedMs(round: number, seed: Buffer): Promise<number> {
    const known = await this.round(round);
    return known && !known.closed && known.seed.equals(seed) ? known.minedMs : 0;
  }

  /** Leases ground ahead, as the keeper does. Resolves at once when there is some left. */
  makeGround(round: Round, secondByte?: number): Promise<void> {
    return this.options.keeper.makeGround(round, secondByte);
  }

  /** Resolves when the work changes: a round begins, ends, or goes on with another segment. */
  get nextChange(): Promise<void> {
    if (!this.changing) {
      let tell = (): void => undefined;
      const change = new Promise<void>((resolve) => (tell = resolve));
      this.changing = { change, tell };
    }
    return this.changing.change;
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
   * Begins to mine a round, as `mine` does, unless it is being mined already.
   * @returns a promise of the end of the mining; undefined when another call came while this one was waiting
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
    // After a reset of the chain, a round with the number of a closed one runs again.
    opened.reopen();
    this.current = opened;
    this.mining = this.run(opened, durationMs);
    return { ended: this.mining };
  }

  /** Ends the running mining; resolves when everything found is saved. */
  async pause(): Promise<void> {
    this.endMining?.();
    await this.mining;
  }

  /**
   * Ends a round; only beginning it anew opens it again.
   * @returns the round with its final proof; undefined when this node never mined it
   */
  async close(round: number): Promise<Round | undefined> {
    if (this.miningRound === round) await this.pause();
    const closing = await this.round(round);
    if (closing && !closing.closed) {
      closing.close();
      this.options.intake.close(closing);
      await this.options.keeper.save(closing);
    }
    return closing;
  }

  private async open(round: number, seed: Uint8Array): Promise<Round> {
    const { identity, sources, rules, log } = this.options;
    const begin = async (): Promise<Round> => {
      const { origin } = await sources.choose();
      return Round.begin(identity, round, seed, origin, rules);
    };
    const saved = await this.round(round);
    if (!saved) return begin();
    if (saved.seed.equals(seed)) return saved;
    log.warn(
      `round ${round} has another seed than before: what was mined is worthless, starting afresh`,
    );
    return begin();
  }

  private async run(round: Round, durationMs: number): Promise<void> {
    const { intake, keeper, log } = this.options;
    const over = new AbortController();
    const ended = new Promise<void>((resolve) => (this.endMining = resolve));
    this.endsAtMs = performance.now() + durationMs;
    this.expectedEndAtMs = Infinity;
    if (Number.isFinite(durationMs)) {
      monotonicClock.until(this.endsAtMs, over.signal).then(
        () => this.endMining?.(),
        () => undefined,
      );
    }
    void keeper.saveUntil(over.signal, round);
    intake.open(round, keeper, () => {
      // One that came late, for the round before, is none of the threads' business.
      if (this.endMining && this.current === round) this.search.retarget(round);
    });
    const searching = this.search.run(round, over.signal);
    await ended;
    over.abort();
    await searching;
    this.endMining = undefined;
    this.tellOfChange();
    await keeper.save(round);
    log.info(
      `mined round ${round.number}: ${round.hashes} hashes done, ${round.estimatedHashes} proven by ${round.shares.length} shares`,
    );
  }

  private tellOfChange(): void {
    this.changing?.tell();
    this.changing = undefined;
  }
}
