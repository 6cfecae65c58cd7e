import { SLASH } from '../consensus';
import type { Verdict } from '../proof/verify';

/** A submitter of the round, with what this node found of its proof. */
export interface JudgedSubmitter {
  publicKey: string;
  /** The sum of the audits' votes; +1 when nobody raised one. */
  votes: number;
  /** In the token's smallest unit. */
  stake: number;
  verdict: Verdict;
}

/**
 * Shares a round's bounty (docs/PROTOCOL.md section 8). Integer arithmetic, and the result doesn't
 * depend on the order of the submitters, so that every node computes the same list.
 * @param bounty in the token's smallest unit, 0..2^53-1
 * @returns by public key: a reward, 0, or the negative of what is taken from the stake
 * @throws RangeError when the bounty or a stake is not such a whole number.
 */
export function sharePayouts(
  submitters: readonly JudgedSubmitter[],
  bounty: number,
): Record<string, number> {
  const bountyUnits = wholeUnits('bounty', bounty);
  const total = submitters.reduce(
    (sum, { verdict }) => sum + (verdict.valid ? verdict.hashes : 0n),
    0n,
  );
  return Object.fromEntries(
    submitters.map(({ publicKey, votes, stake, verdict }) => {
      if (verdict.valid) return [publicKey, Number((bountyUnits * verdict.hashes) / total)];
      if (votes >= 0) return [publicKey, 0];
      const slashed = (wholeUnits('stake', stake) * SLASH.numerator) / SLASH.denominator;
      return [publicKey, Number(-slashed)];
    }),
  );
}

function wholeUnits(name: string, amount: number): bigint {
  if (!Number.isSafeInteger(amount) || amount < 0) {
    throw new RangeError(`${name}: expected a whole number from 0, got ${amount}`);
  }
  return BigInt(amount);
}
