import { monotonicClock, type Clock } from '../process/clock';
import { sparingly, type Log } from '../process/log';
import type { Round } from './round';
import type { RoundStore } from './round-store';
import type { ShareLog } from './share-log';

/** New best shares are saved this often, so a kill loses at most this much. */
const SAVE_MS = 1000;
/** The counters are saved along with them, and after this many checks in a row that found nothing else to save. */
const CHECKS_PER_COUNTER_SAVE = 10;

export interface RoundKeeperOptions {
  store: RoundStore;
  shares: ShareLog;
  log: Log;
  clock?: Clock;
}

/** Keeps this node's rounds in the store, with the shares logged for them. Knows no engine. */
export class RoundKeeper {
  private isUnsaved = false;
  private saveFault: unknown;
  private makingGround: Promise<void> | undefined;
  private wroteAtMs = -Infinity;
  private readonly clock: Clock;

  /** Sparingly, since every worker that asks for ground of its own has the round saved. */
  private readonly tellUnsaved = sparingly(
    (times, { number }: Round, error: unknown) => {
      const often = times > 1 ? ` (${times} times)` : '';
      this.options.log.error({ error }, `round ${number} could not be saved${often}`);
    },
    () => this.clock.now(),
  );

  constructor(private readonly options: RoundKeeperOptions) {
    this.clock = options.clock ?? monotonicClock;
  }

  /** Why the last write to the store failed; undefined while it takes writes. */
  get storeFault(): unknown {
    return this.saveFault ?? this.options.shares.fault;
  }

  /** A round as it was saved last; undefined where the store has none of this account. */
  load(round: number): Promise<Round | undefined> {
    return this.options.store.load(round);
  }

  /** Has the round that is mined saved within a second: a kill would lose a share of its proof. */
  saveSoon(): void {
    this.isUnsaved = true;
  }

  /** Saves a round every second, when there is reason to. Resolves when aborted. */
  async saveUntil(signal: AbortSignal, round: Round): Promise<void> {
    for (let idle = 0; await this.passes(SAVE_MS, signal);) {
      const isDue = this.isUnsaved || round.leases.isLow;
      if (isDue || ++idle % CHECKS_PER_COUNTER_SAVE === 0) void this.save(round);
    }
  }

  /**
   * Leases ground ahead for workers, or for a connection. Resolves at once when there is some left; else a second after
   * the last write, since those who want ground may be many and come at any time.
   * @param secondByte of the connection's ground
   */
  async makeGround(round: Round, secondByte?: number): Promise<void> {
    const { leases } = round;
    const isShort = secondByte === undefined ? leases.isShort : leases.isShortFor(secondByte);
    if (!isShort) return;
    // One write for all who wait for it.
    this.makingGround ??= this.clock
      .until(this.wroteAtMs + SAVE_MS)
      .then(() => this.write(round))
      .catch((error: unknown) => this.tellUnsaved(round, error))
      .finally(() => (this.makingGround = undefined));
    await this.makingGround;
  }

  /** Stores a round; failures end in the log. */
  async save(round: Round): Promise<void> {
    await this.store(round).catch((error: unknown) => this.tellUnsaved(round, error));
  }

  /**
   * Stores a round and the shares logged for it.
   * @throws while the store takes no writes; the round that is mined is then stored again within a second
   */
  async store(round: Round): Promise<void> {
    this.isUnsaved = false;
    await this.write(round, () => this.options.shares.flush());
  }

  private async write(round: Round, andThen?: () => Promise<void>): Promise<void> {
    const { store, shares } = this.options;
    this.wroteAtMs = this.clock.now();
    try {
      round.setCountedUntil(shares.lastPlace);
      await store.save(round);
      await andThen?.();
      this.saveFault = undefined;
    } catch (error) {
      this.isUnsaved = true;
      this.saveFault = error;
      throw error;
    }
  }

  /** Waits so long. @returns false when aborted before */
  private passes(ms: number, signal: AbortSignal): Promise<boolean> {
    return this.clock.until(this.clock.now() + ms, signal).then(
      () => true,
      () => false,
    );
  }
}
