import { randomBytes } from 'node:crypto';
import bs58 from 'bs58';
import { expect } from 'chai';
import { PROOF_RULES, WORK_SOURCE } from '../../src/consensus';
import { sharePayouts, type JudgedSubmitter } from '../../src/distribution/payouts';
import { verifyProof } from '../../src/proof/verify';
import { Random } from '../../simulator/random';
import { mineEasyProof } from '../fixtures/proofs';
import { anyWork } from '../fixtures/structured-proofs';

/** Every hash is a share, so thousands of proofs cost little. */
const EVERY_HASH = { ...PROOF_RULES, floor: (1n << 256n) - 1n };

/** Shares a bounty among many submitters, each with a real proof of either source, and checks every amount. */
export function expectFairShares(submitters: number): void {
  const round = { taskId: randomBytes(32), round: 77, seed: randomBytes(32) };
  const random = new Random('fair shares');
  const bounty = 1_000_000_007n;
  const judged = Array.from({ length: submitters }, (_, i): JudgedSubmitter => {
    const key = randomBytes(32);
    const proof = mineEasyProof(round, key, 1 + (i % 40), EVERY_HASH, anyWork(random));
    const verdict = verifyProof(proof, key, round, EVERY_HASH);
    return { publicKey: bs58.encode(key), verdict };
  });
  const sources = judged.map(({ verdict }) => verdict.valid && verdict.source);
  expect([...new Set(sources)]).to.have.members([WORK_SOURCE.koii, WORK_SOURCE.bitcoin]);

  const list = sharePayouts(judged, bounty);
  const shuffled = [...judged].sort((a, b) => (a.publicKey < b.publicKey ? -1 : 1));
  expect(sharePayouts(shuffled, bounty)).to.deep.equal(list);

  const amounts = Object.values(list);
  expect(amounts).to.have.length(submitters);
  const paid = amounts.reduce((sum, amount) => sum + amount, 0);
  expect(paid).to.be.at.most(Number(bounty));
  // Each rounding down loses less than one unit.
  expect(paid).to.be.greaterThan(Number(bounty) - submitters);
  const total = judged.reduce(
    (sum, { verdict }) => sum + (verdict.valid ? verdict.hashes : 0n),
    0n,
  );
  for (const { publicKey, verdict } of judged) {
    const hashes = verdict.valid ? verdict.hashes : 0n;
    expect(BigInt(list[publicKey]!)).to.equal((bounty * hashes) / total);
  }
}
