import type { OwnList } from './own-lists';

/** What all nodes together did in a round, by this node's verdicts. */
export interface NetworkRound {
  round: number;
  /** When this node first made its list, ms since 1970. */
  at: number;
  proofs: number;
  valid: number;
  /** Proven by all valid proofs, in decimal. */
  networkHashes: string;
  /** How long a round takes by the chain's slots; null if that isn't known. */
  roundMs: number | null;
}

/** @param at when this node first made the list, ms since 1970 */
export function networkRound(own: OwnList, at: number, roundMs: number | null): NetworkRound {
  const verdicts = [...own.verdicts.values()];
  const hashes = verdicts.reduce((sum, verdict) => sum + (verdict.valid ? verdict.hashes : 0n), 0n);
  return {
    round: own.round,
    at,
    proofs: Object.keys(own.submissions).length,
    valid: verdicts.filter(({ valid }) => valid).length,
    networkHashes: String(hashes),
    roundMs,
  };
}
