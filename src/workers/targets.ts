import { expectedHashes, targetForHashes } from '../bitcoin/target';
import { FLOOR } from '../consensus';

// The targets that miners are given: hash values, higher is easier.

/**
 * The target at which a miner finds about one share a second, which is what people watch. Never above the floor, and
 * never so low that it leaves out what has to be shown.
 * @param neededTarget the highest hash value that can still enter the proof, or is a block; at most the floor
 */
export function shareTargetFor(hashrateHps: number, neededTarget: bigint): bigint {
  const oneASecond = targetForHashes(BigInt(Math.max(1, Math.round(hashrateHps))));
  const wanted = oneASecond < FLOOR ? oneASecond : FLOOR;
  return wanted > neededTarget ? wanted : neededTarget;
}

/** Whether a target differs enough from another to be worth telling the miners: by 5 % in hashes. */
export function isAnotherTarget(target: bigint, current: bigint): boolean {
  const percent = (expectedHashes(target) * 100n) / expectedHashes(current);
  return percent < 95n || percent > 105n;
}

interface OfRound {
  round: number;
  easiest: bigint;
  hardest: bigint;
  newest: bigint;
  /** Index of the segment of the newest work. */
  segment: number;
}

/** The targets that one worker was handed in the round it was asked for last. */
export class HandedTargets {
  private handed: OfRound | undefined;

  /**
   * Notes that work on a segment was handed out. Keeps the target if the new one is about the same.
   * @returns the target from now on
   */
  handOut(round: number, segment: number, target: bigint): bigint {
    const handed = this.in(round);
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
   * The highest hash value allowed in shares that name no job: the easiest target of the round. So nobody who asks for
   * work under a worker's name, or without one, can make its shares worthless.
   */
  easiest(round: number): bigint {
    // Handed out by an earlier process, or before the worker lost its place: the target is not known.
    return this.in(round)?.easiest ?? FLOOR;
  }

  /**
   * The hashes that a share stands for. Only shares that meet the hardest target of the round count, each for that
   * target's expected hashes: they come at the same rate whichever target the worker mines with. If a share counted for
   * the target it was mined with, it would be worth whatever its finder claims.
   */
  hashesOf(round: number, hashValue: bigint): number {
    const hardest = this.in(round)?.hardest ?? FLOOR;
    return hashValue <= hardest ? Number(expectedHashes(hardest)) : 0;
  }

  /** The target of the newest work; undefined when this process handed out none. */
  get newest(): bigint | undefined {
    return this.handed?.newest;
  }

  /** The segment of the newest work in a round; undefined when this process handed out none. */
  newestSegment(round: number): number | undefined {
    return this.in(round)?.segment;
  }

  private in(round: number): OfRound | undefined {
    return this.handed?.round === round ? this.handed : undefined;
  }
}
