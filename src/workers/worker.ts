import { expectedHashes, targetForHashes } from '../bitcoin/target';
import { FLOOR } from '../consensus';
import { RateMeter } from '../mining/rate-meter';

/** About 30 shares, whose number tells the rate to 18 %. */
const RATE_WINDOW_MS = 30_000;
/** Fewer than this many ms tell nothing about a rate of one share a second. */
const MIN_MEASURED_MS = 5_000;

/**
 * The target at which a miner finds about one share a second, which is what people watch: never above
 * the floor, and never below what can still enter the proof.
 * @param entryTarget the highest hash value that can still enter the proof
 */
export function shareTargetFor(hashrateHps: number, entryTarget: bigint): bigint {
  const oneASecond = targetForHashes(BigInt(Math.max(1, Math.round(hashrateHps))));
  const wanted = oneASecond < FLOOR ? oneASecond : FLOOR;
  return wanted > entryTarget ? wanted : entryTarget;
}

/** Whether a target is far enough from another, 5 % in hashes, to be worth telling the miners. */
export function isAnotherTarget(target: bigint, current: bigint): boolean {
  const percent = (expectedHashes(target) * 100n) / expectedHashes(current);
  return percent < 95n || percent > 105n;
}

/** The targets it was handed in one round: hash values, of which higher ones are easier. */
interface HandedTargets {
  round: number;
  easiest: bigint;
  hardest: bigint;
  newest: bigint;
  /** Of the round's segments that of its newest work. */
  segment: number;
}

/** A remote worker: how fast it is, and what was asked of it. */
export class RemoteWorker {
  private handed: HandedTargets | undefined;
  private readonly meter: RateMeter;
  private provenHashes = 0;
  private measuredSinceMs: number | undefined;

  /** When it last asked for work or had a share accepted; Workers keeps it. */
  seenAtMs: number;
  /** When its last share was accepted. */
  lastShareAtMs: number | undefined;

  constructor(private readonly now: () => number) {
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
   * The target for its work now: the floor until its rate is known.
   * @param entryTarget the highest hash value that can still enter the round's proof
   */
  wantedTarget(entryTarget: bigint): bigint {
    return shareTargetFor(this.hashrateHps, entryTarget);
  }

  /**
   * Notes that it was handed work on a segment with a target, unless that is about the one it has.
   * @returns its target from now on
   */
  handOut(round: number, segment: number, target: bigint): bigint {
    if (this.measuredSinceMs === undefined) {
      this.measuredSinceMs = this.now();
      this.meter.restart();
    }
    const handed = this.handedIn(round);
    if (handed && !isAnotherTarget(target, handed.newest)) {
      handed.segment = segment;
      return handed.newest;
    }
    const { easiest, hardest } = handed ?? { easiest: target, hardest: target };
    this.handed = {
      round,
      segment,
      easiest: easiest > target ? easiest : target,
      hardest: hardest < target ? hardest : target,
      newest: target,
    };
    return target;
  }

  /**
   * The highest hash value that a share of it may have that names no job: the easiest target of the round. So nobody
   * who asks for work in its name, or beside it without one, can make worthless what it mines.
   */
  acceptedTarget(round: number): bigint {
    // Handed by an earlier process, or before it lost its place: what it was is not known.
    return this.handedIn(round)?.easiest ?? FLOOR;
  }

  /** The segment of the newest work it was handed in a round; undefined where this process handed it none. */
  newestSegment(round: number): number | undefined {
    return this.handedIn(round)?.segment;
  }

  /**
   * Counts a share of it that was accepted. Whichever target it was mined with, it meets the hardest of the round as
   * often as a share mined with that one comes; so these alone are counted, as the work they stand for. Credited with
   * the target it was mined with, a share would be worth what its finder says of it.
   */
  accepted(round: number, hashValue: bigint): void {
    this.lastShareAtMs = this.now();
    const hardest = this.handedIn(round)?.hardest ?? FLOOR;
    if (hashValue <= hardest) this.provenHashes += Number(expectedHashes(hardest));
    if (this.measuredSinceMs !== undefined) this.meter.update(this.provenHashes);
  }

  private handedIn(round: number): HandedTargets | undefined {
    return this.handed?.round === round ? this.handed : undefined;
  }
}
