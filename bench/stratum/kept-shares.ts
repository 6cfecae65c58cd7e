import type { Share } from '../../src/proof/shares';

/** What became of the shares that a node had acknowledged before it was killed. */
export interface Kept {
  acknowledged: number;
  /** Those of them that belong in the proof, being among its lowest. */
  belonging: number;
  /** Those of these that it holds. */
  found: number;
}

/**
 * Compares what was acknowledged with the proof after the restart.
 * @param full how many shares a full proof has
 */
export function compareKept(
  acknowledged: readonly Share[],
  proof: readonly Share[],
  full: number,
): Kept {
  const proven = new Set(proof.map(({ hashValue }) => hashValue));
  // One that was stored but not yet acknowledged may stand in the proof as well.
  const lowest = [...new Set([...proven, ...acknowledged.map(({ hashValue }) => hashValue)])]
    .sort((a, b) => (a < b ? -1 : 1))
    .slice(0, full);
  const highest = lowest[lowest.length - 1] ?? -1n;
  const belonging = acknowledged.filter(({ hashValue }) => hashValue <= highest);
  const found = belonging.filter(({ hashValue }) => proven.has(hashValue));
  return { acknowledged: acknowledged.length, belonging: belonging.length, found: found.length };
}
