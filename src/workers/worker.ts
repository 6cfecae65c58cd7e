import { expectedHashes, targetForHashes } from '../bitcoin/target';
import { FLOOR } from '../consensus';
import { RateMeter } from '../mining/rate-meter';

/** About 30 shares, which give the rate to within 18 %. */
const RATE_WINDOW_MS = 30_000;
/** A shorter time tells nothing about a rate of one share a second. */
const MIN_MEASURED_MS = 5_000;

/**
 * The target at which a miner finds about one share a second, which is what people watch. Never above the floor, and
 * never so low that it leaves out what can still enter the proof.
 * @param entryTarget the highest hash value that can still enter the proof
 */
export function shareTargetFor(hashrateHps: number, entryTarget: bigint): bigint {
  const oneASecond = targetForHashes(BigInt(Math.max(1, Math.round(hashrateHps))));
  const wanted = oneASecond < FLOOR ? oneASecond : FLOOR;
  return wanted > entryTarget ? wanted : entryTarget;
}

/** Whether a target differs enough from another to be worth telling the miners: by 5 % in hashes. */
export function isAnotherTarget(target: bigint, current: bigint): boolean {
  const percent = (expectedHashes(target) * 100n) / expectedHashes(current);
  return percent < 95n || percent > 105n;
}

/** The targets a worker was handed in one round: hash values, higher is easier. */
interface HandedTargets {
  round: number;
  easiest: bigint;
  hardest: bigint;
  newest: bigint;
  /** Index of the segment of its newest work. */
  segment: number;
}

/** A remote worker: how fast it is, and which targets it was handed. */
export class RemoteWorker {
  private handed: HandedTargets | undefined;
  private readonly meter: RateMeter;
  private provenHashes = 0;
  private measuredSinceMs: number | undefined;

  /** When it last asked for work or had a share accepted; set by Workers. */
  seenAtMs: number;
  /** When its last share was accepted. */
  lastShareAtMs: number | undefined;

  constructor(private readonly now: () => number) {
    this.meter = new RateMeter(RATE_WINDOW_MS, now);
    this.seenAtMs = now();
  }

  /** The rate proven by its shares of the last half minute. */
  get hashrateHps(): number {
    const since = this.measuredSinceMs;
    if (since === undefined || this.now() - since < MIN_MEASURED_MS) return 0;
    // Also when no share comes: silence is a low rate.
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
   * Notes that it was handed work on a segment. Keeps its target if the new one is about the same.
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
   * The highest hash value allowed in its shares that name no job: its easiest target in the round. So nobody who asks
   * for work under its name, or without one, can make its shares worthless.
   */
  acceptedTarget(round: number): bigint {
    // Handed out by an earlier process, or before it lost its place: the target is not known.
    return this.handedIn(round)?.easiest ?? FLOOR;
  }

  /** The segment of the newest work it was handed in a round; undefined when this process handed it none. */
  newestSegment(round: number): number | undefined {
    return this.handedIn(round)?.segment;
  }

  /**
   * Counts an accepted share of it. Only shares that meet the hardest target of the round count, each for that target's
   * expected hashes: they come at the same rate whichever target the worker mines with. If a share counted for the
   * target it was mined with, it would be worth whatever its finder claims.
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
