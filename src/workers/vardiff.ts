import { expectedHashes, targetForHashes } from '../bitcoin/target';
import { FLOOR } from '../consensus';

/**
 * The target at which a miner finds about one share a second, which is what people watch: never above
 * the floor, and never below what can still enter the proof.
 * @param limit the highest hash value that can still enter the proof
 */
export function shareTargetFor(hashrateHps: number, limit: bigint): bigint {
  const oneASecond = targetForHashes(BigInt(Math.max(1, Math.round(hashrateHps))));
  const wanted = oneASecond < FLOOR ? oneASecond : FLOOR;
  return wanted > limit ? wanted : limit;
}

/** Whether a target is far enough from another, 5 % in hashes, to be worth telling the miners. */
export function isAnotherTarget(target: bigint, current: bigint): boolean {
  const percent = (expectedHashes(target) * 100n) / expectedHashes(current);
  return percent < 95n || percent > 105n;
}
