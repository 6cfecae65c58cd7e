import { expectedHashes } from '../bitcoin/target';
import { FLOOR } from '../consensus';
import { RateMeter } from '../mining/rate-meter';
import { isAnotherTarget, shareTargetFor } from '../rounds/vardiff';

/** A worker is judged by targets it was handed before, too, until this long after they were replaced. */
const REPLACED_TARGET_MS = 120_000;
const MAX_TARGETS = 8;
/** About 30 shares, whose number tells the rate to 18 %. */
const RATE_WINDOW_MS = 30_000;
/** Fewer than this many ms tell nothing about a rate of one share a second. */
const MIN_MEASURED_MS = 5_000;

interface HandedTarget {
  target: bigint;
  replacedAtMs: number;
}

/** A remote worker: where it searches, how fast it is, and what was asked of it. */
export class RemoteWorker {
  /** Newest first; never empty after the first handOut. */
  private targets: HandedTarget[] = [];
  private readonly meter: RateMeter;
  private provenHashes = 0;
  private measuredSinceMs: number | undefined;

  /** When it last asked for work or had a share accepted. */
  seenAtMs: number;
  /** When its last share was accepted. */
  lastShareAtMs: number | undefined;

  /** @param extranonce1 u16, where it searches */
  constructor(
    readonly extranonce1: number,
    private readonly now: () => number,
  ) {
    this.meter = new RateMeter(RATE_WINDOW_MS, now);
    this.seenAtMs = now();
  }

  /** The rate its shares prove, over the last half minute. */
  get hashrateHps(): number {
    const since = this.measuredSinceMs;
    if (since === undefined || this.now() - since < MIN_MEASURED_MS) return 0;
    // Also when nothing comes: silence is a low rate.
    this.meter.update(this.provenHashes);
    return this.meter.perSecond;
  }

  /**
   * The target for the work it is handed now: the floor until its rate is known.
   * @param limit the highest hash value that can still enter the proof
   */
  handOutTarget(limit: bigint): bigint {
    return this.handOut(shareTargetFor(this.hashrateHps, limit));
  }

  /** Notes that it was handed work with a target, unless it is about the one it has. @returns its target from now on */
  handOut(target: bigint): bigint {
    const nowMs = this.now();
    this.seenAtMs = nowMs;
    if (this.measuredSinceMs === undefined) {
      this.measuredSinceMs = nowMs;
      this.meter.restart();
    }
    const [newest] = this.targets;
    if (newest && !isAnotherTarget(target, newest.target)) return newest.target;
    if (newest) newest.replacedAtMs = nowMs;
    this.targets = [{ target, replacedAtMs: Infinity }, ...this.targets].slice(0, MAX_TARGETS);
    return target;
  }

  /** The highest hash value it may send: the easiest of the targets that its work may have had. */
  get acceptedTarget(): bigint {
    const nowMs = this.now();
    // Handed by an earlier process, perhaps: the work it has is not known.
    if (this.targets.length === 0) return FLOOR;
    return this.targets
      .filter(({ replacedAtMs }) => nowMs - replacedAtMs < REPLACED_TARGET_MS)
      .map(({ target }) => target)
      .reduce((easiest, target) => (target > easiest ? target : easiest));
  }

  /** Counts a share of it that was accepted, as the work its hardest met target stands for. */
  accepted(hashValue: bigint): void {
    this.seenAtMs = this.now();
    this.lastShareAtMs = this.seenAtMs;
    const met = this.targets.find(({ target }) => hashValue <= target)?.target ?? FLOOR;
    this.provenHashes += Number(expectedHashes(met));
    if (this.measuredSinceMs !== undefined) this.meter.update(this.provenHashes);
  }
}
