import { decodeProof } from '../../src/proof/codec';
import { shareOf, type Share } from '../../src/proof/shares';
import { Round } from '../../src/rounds/round';
import type { Attempt } from '../../src/work/attempt';
import { koiiSegment } from '../../src/work/coinbases';
import { identityOf } from '../../src/work/identity';
import type { Template } from '../../src/work/segment';
import { judgeOf, vectors } from '../fixtures/proofs';

/** A round of work source koii that was really mined: 28 shares, for one of the published proofs. */
export const vector = vectors[0]!;
const { of, submitter } = judgeOf(vector);
export const identity = identityOf(of.taskId, submitter);
export const seed = Buffer.from(of.seed);

const decoded = decodeProof(vector.proof);
export const attempts: readonly Attempt[] = 'proof' in decoded ? decoded.proof.attempts.flat() : [];

/** That round, before anything was found. */
export function begunRound(withSeed: Uint8Array = seed): Round {
  const round = Round.begin(identity, vector.round, withSeed);
  round.workOn(round.addSegment(koiiSegment({ ...of, seed: withSeed })));
  return round;
}

export const template: Template = begunRound().templates[0]!;
export const shares: readonly Share[] = attempts.map((attempt) => shareOf(template, attempt));

/** That round with all its shares. */
export function minedRound(): Round {
  const round = begunRound();
  for (const share of shares) round.admit(share);
  round.addHashes(vector.noncesTried);
  return round;
}
