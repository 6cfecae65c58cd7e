import { expectedHashes } from '../bitcoin/target';
import { FLOOR } from '../consensus';
import { RateMeter } from '../mining/rate-meter';
import { isAnotherTarget, shareTargetFor } from '../rounds/vardiff';

/** About 30 shares, whose number tells the rate to 18 %. */
const RATE_WINDOW_MS = 30_000;
/** Fewer than this many ms tell nothing about a rate of one share a second. */
const MIN_MEASURED_MS = 5_000;

/** The targets it was handed in one round: hash values, of which higher ones are easier. */
interface HandedTargets {
  round: number;
  easiest: bigint;
  newest: bigint;
}

/** A remote worker: where it searches, how fast it is, and what was asked of it. */
export class RemoteWorker {
  private handed: HandedTargets | undefined;
  private readonly meter: RateMeter;
  private provenHashes = 0;
  private measuredSinceMs: number | undefined;

  /** When it last asked for work or had a share accepted; Workers keeps it. */
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
    return this.meter.perSecond ?? 0;
  }

  /**
   * The target for the work it is handed now: the floor until its rate is known.
   * @param limit the highest hash value that can still enter the round's proof
   */
  handOutTarget(round: number, limit: bigint): bigint {
    return this.handOut(round, shareTargetFor(this.hashrateHps, limit));
  }

  /** Notes that it was handed work with a target, unless it is about the one it has. @returns its target from now on */
  handOut(round: number, target: bigint): bigint {
    if (this.measuredSinceMs === undefined) {
      this.measuredSinceMs = this.now();
      this.meter.restart();
    }
    const handed = this.handedIn(round);
    if (handed && !isAnotherTarget(target, handed.newest)) return handed.newest;
    const easiest = handed && handed.easiest > target ? handed.easiest : target;
    this.handed = { round, easiest, newest: target };
    return target;
  }

  /**
   * The highest hash value it may send: the easiest target of the round. So nobody who asks for work in
   * its name, or beside it without one, can make worthless what it mines.
   */
  acceptedTarget(round: number): bigint {
    // Handed before it lost its place, or by an earlier process: the work it has is not known.
    return this.handedIn(round)?.easiest ?? FLOOR;
  }

  /**
   * Counts a share of it that was accepted. Whatever easier target it was mined with, it meets the newest
   * as often as a share mined with that one comes; so these alone are counted, as the work they stand for.
   */
  accepted(round: number, hashValue: bigint): void {
    this.lastShareAtMs = this.now();
    const newest = this.handedIn(round)?.newest ?? FLOOR;
    if (hashValue <= newest) this.provenHashes += Number(expectedHashes(newest));
    if (this.measuredSinceMs !== undefined) this.meter.update(this.provenHashes);
  }

  private handedIn(round: number): HandedTargets | undefined {
    return this.handed?.round === round ? this.handed : undefined;
  }
}
