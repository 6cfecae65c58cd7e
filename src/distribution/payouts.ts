import type { Verdict } from '../proof/verify';

/** A distribution list: base58 public key to an amount in the token's smallest unit, 0..2^53-1. */
export type Payouts = Readonly<Record<string, number>>;

/** A submitter of the round, with what this node found of its proof. */
export interface JudgedSubmitter {
  publicKey: string;
  verdict: Verdict;
}

/** A list is JSON, whose numbers are exact up to here: of a larger bounty so much is shared. */
const LARGEST_BOUNTY = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Shares a round's bounty (docs/PROTOCOL.md section 8): in proportion to the work proven, and nothing for an
 * invalid proof. Integer arithmetic, and the result doesn't depend on the order of the submitters, so that every
 * node computes the same list.
 * @param bounty in the token's smallest unit, from 0
 */
export function sharePayouts(submitters: readonly JudgedSubmitter[], bounty: bigint): Payouts {
  const shared = bounty < LARGEST_BOUNTY ? bounty : LARGEST_BOUNTY;
  const total = submitters.reduce((sum, { verdict }) => sum + provenHashes(verdict), 0n);
  return Object.fromEntries(
    submitters.map(({ publicKey, verdict }) => {
      const hashes = provenHashes(verdict);
      return [publicKey, hashes === 0n ? 0 : Number((shared * hashes) / total)];
    }),
  );
}

function provenHashes(verdict: Verdict): bigint {
  return verdict.valid ? verdict.hashes : 0n;
}

/** Whether two lists give the same to the same; their order doesn't matter. */
export function isSameList(a: Payouts, b: Payouts): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
