import { displayHash } from '../../src/bitcoin/target';
import { decodeProof } from '../../src/proof/codec';
import { shareOf, type Share } from '../../src/proof/shares';
import { Round } from '../../src/rounds/round';
import type { JudgedShare } from '../../src/rounds/share-batches';
import type { Attempt } from '../../src/work/attempt';
import { koiiSegment } from '../../src/work/coinbases';
import { identityOf } from '../../src/work/identity';
import type { Template } from '../../src/work/segment';
import { judgeOf, vectors } from '../fixtures/proofs';

/** A really mined round of work source koii: the 28 shares of one of the published proofs. */
export const vector = vectors[0]!;
const { of, submitter } = judgeOf(vector);
export const identity = identityOf(of.taskId, submitter);
export const seed = Buffer.from(of.seed);

const decoded = decodeProof(vector.proof);
export const attempts: readonly Attempt[] = 'proof' in decoded ? decoded.proof.attempts.flat() : [];

/** That round before anything was found. */
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

/** One of its shares in the form that the log takes, with an id made of the number. */
export function judgedShare(i: number, more: Partial<JudgedShare> = {}): JudgedShare {
  const attempt = attempts[i % attempts.length]!;
  return {
    round: vector.round,
    workerId: 'rig1',
    submissionId: `rig1-${i}`,
    hash: displayHash(shares[i % shares.length]!.hashValue),
    attempt,
    segment: 0,
    best: true,
    ...more,
  };
}
