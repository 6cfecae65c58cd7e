import { expect } from 'chai';
import { deriveKeyPair } from '../../simulator/keys';
import { Random } from '../../simulator/random';
import { Auditor, proofsOf, type AuditChain } from '../../src/audit/auditor';
import { DoubtfulSeedError, Seeds } from '../../src/audit/seeds';
import { proofRules, type ProofRules } from '../../src/consensus';
import { sharePayouts } from '../../src/distribution/payouts';
import { createLog } from '../../src/process/log';
import { decodeProof } from '../../src/proof/codec';
import { decodeKey } from '../../src/work/identity';
import type { Submissions } from '../../src/work/seed';
import { KOII_WORK } from '../../src/work/source';
import { MemoryStore } from '../fixtures/memory-store';
import { mineProof, vectors } from '../fixtures/proofs';
import { anyWork, structuredProof } from '../fixtures/structured-proofs';

const vector = vectors[0]!;
const taskId = decodeKey(vector.taskId);
const mine = { submitter: vector.submitter, proof: vector.proof };

describe('Auditor', () => {
  let submissions: Submissions | Error;
  /** How often the chain was asked for the submissions that the seed is made from. */
  let asked: number;
  const make = (self = ''): Auditor => {
    const chain = {
      submissions: () => {
        asked++;
        return submissions instanceof Error
          ? Promise.reject(submissions)
          : Promise.resolve(submissions);
      },
    };
    const seeds = new Seeds(taskId, chain, new MemoryStore(), createLog('silent'));
    return new Auditor(taskId, seeds, self);
  };
  const doubt = (of: Submissions, leftMs: number): AuditChain => ({
    submissions: (round) => Promise.resolve(round === vector.round ? of : {}),
    leftMs: () => Promise.resolve(leftMs),
  });
  beforeEach(() => {
    submissions = vector.submissionsOfRoundMinus2;
    asked = 0;
  });

  it('finds an honest proof valid', async () => {
    const verdict = await make().audit(vector.round, mine);
    const hashes = BigInt(vector.hashes);
    expect(verdict).to.deep.equal({ valid: true, source: 0, shares: 28, hashes });
  });

  it('finds a copied proof invalid', async () => {
    const submitter = vectors[1]!.submitter;
    const verdict = await make().audit(vector.round, { ...mine, submitter }, doubt({}, 40));
    expect(verdict.valid).to.equal(false);
  });

  it('judges by the rules it is given', async () => {
    const paying = vectors.find(({ taskPayout }) => taskPayout)!;
    const of = decodeKey(paying.taskId);
    const chain = { submissions: () => Promise.resolve(paying.submissionsOfRoundMinus2) };
    const seeds = new Seeds(of, chain, new MemoryStore(), createLog('silent'));
    const taskPayout = paying.taskPayout!;
    const judge = async (...rules: ProofRules[]) =>
      (await new Auditor(of, seeds, '', ...rules).audit(paying.round, paying, doubt({}, 0))).valid;
    expect(await judge(proofRules({ network: 'main', taskPayout }))).to.equal(true);
    expect(await judge(proofRules({ network: 'testnet4', taskPayout }))).to.equal(true);
    expect(await judge(proofRules({ network: 'regtest', taskPayout }))).to.equal(false);
    expect(await judge()).to.equal(false);
  });

  it('judges in the order of the submissions', async () => {
    const bad = { ...mine, proof: 'nonsense' };
    const verdicts = await make().auditAll(vector.round, [bad, mine, bad]);
    expect(verdicts.map(({ valid }) => valid)).to.deep.equal([false, true, false]);
  });

  it('does not condemn an honest node for its own stale view of the chain', async () => {
    const auditor = make();
    submissions = {};
    const failure = await auditor.audit(vector.round, mine).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(DoubtfulSeedError);
    submissions = vector.submissionsOfRoundMinus2;
    const verdict = await auditor.audit(vector.round, mine, doubt({}, 160));
    expect(verdict.valid).to.equal(true);
  });

  it('condemns after two equal readings, though no other proof is valid', async () => {
    // Two keys with well-formed junk against a single honest node.
    const junk = {
      [vectors[1]!.submitter]: vector.proof,
      [deriveKeyPair('b').publicKey]: vector.proof,
    };
    const auditor = make(vector.submitter);
    const startedAt = performance.now();
    const verdicts = await auditor.auditAll(
      vector.round,
      [...proofsOf(junk), mine],
      // A quarter of this may be spent waiting.
      200,
    );
    expect(verdicts.map(({ valid }) => valid)).to.deep.equal([false, false, true]);
    expect(performance.now() - startedAt).to.be.at.least(49);
    expect(asked).to.equal(2);
  });

  it('condemns what is no proof under any seed without a second reading', async () => {
    const verdict = await make().audit(vector.round, { ...mine, proof: 'nonsense' });
    expect(verdict.valid).to.equal(false);
    expect(asked).to.equal(1);
  });

  describe('with valid proofs of two other nodes', () => {
    /** Three valid proofs on the vector's seed, by other keys. */
    const proofs: Submissions = Object.fromEntries(
      ['one', 'two', 'three'].map((name) => {
        const { publicKey, publicKeyBytes } = deriveKeyPair(name);
        const seed = Buffer.from(vector.seed, 'hex');
        return [publicKey, mineProof({ taskId, round: vector.round, seed }, publicKeyBytes)];
      }),
    );
    const junk = { submitter: vectors[1]!.submitter, proof: vector.proof };

    it('knows its seed to be right, and reads no more', async () => {
      const auditor = make();
      const all = [...proofsOf(proofs), junk];
      const verdicts = await auditor.auditAll(vector.round, all);
      expect(verdicts.map(({ valid }) => valid)).to.deep.equal([true, true, true, false]);
      // A late submission changes what the chain shows, but nothing here.
      submissions = {};
      expect((await auditor.audit(vector.round, junk)).valid).to.equal(false);
      expect((await auditor.audit(vector.round, proofsOf(proofs)[0]!)).valid).to.equal(true);
      expect(asked).to.equal(1);
    });

    it('looks at them when it is to condemn one', async () => {
      const verdict = await make().audit(vector.round, junk, doubt(proofs, 0));
      expect(verdict.valid).to.equal(false);
      expect(asked).to.equal(1);
    });

    it('counts no proof of its own, and none twice', async () => {
      const [own, other] = proofsOf(proofs);
      const failure = await make(own!.submitter)
        .auditAll(vector.round, [own!, other!, other!, junk])
        .catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(DoubtfulSeedError);
    });
  });

  it('judges whatever was submitted, so that no key stops the list of the others', async () => {
    const { round } = vector;
    const of = { taskId, round, seed: Buffer.from(vector.seed, 'hex') };
    const random = new Random('list');
    // Real shares by the real rules, on blocks that could hardly be real.
    const honest = [KOII_WORK, ...Array.from({ length: 4 }, () => anyWork(random))].map(
      (work, i) => {
        const { publicKey, publicKeyBytes } = deriveKeyPair(`honest ${i}`);
        return { submitter: publicKey, proof: mineProof(of, publicKeyBytes, work) };
      },
    );
    const packed = Buffer.from(vector.proof, 'base64url');
    const shares = [packed.subarray(3, 16), packed.subarray(16, 29)];
    const hostile = Array.from({ length: 300 }, (_, i) => ({
      submitter: deriveKeyPair(`hostile ${i}`).publicKey,
      proof: structuredProof(random, shares),
    }));
    expect(hostile.filter(({ proof }) => 'proof' in decodeProof(proof))).to.have.length.above(100);

    const all = [...hostile, ...honest];
    const verdicts = await make().auditAll(round, all);
    const list = sharePayouts(
      all.map(({ submitter: publicKey }, i) => ({ publicKey, verdict: verdicts[i]! })),
      1_000_000n,
    );
    expect(Object.keys(list)).to.have.members(all.map(({ submitter }) => submitter));
    for (const { submitter } of honest) expect(list[submitter]).to.be.greaterThan(0);
    for (const { submitter } of hostile) expect(list[submitter]).to.equal(0);
  });

  it('abstains, by throwing, without the seed', async () => {
    submissions = new Error('no answer');
    let failure: unknown;
    await make()
      .audit(vector.round, mine)
      .catch((error: unknown) => (failure = error));
    expect(failure).to.have.property('message', 'no answer');
  });

  it('abstains when it would condemn and the chain no longer answers', async () => {
    const auditor = make();
    await auditor.audit(vector.round, mine);
    submissions = new Error('no answer');
    const copied = { ...mine, submitter: vectors[1]!.submitter };
    const failure = await auditor
      .audit(vector.round, copied, doubt({}, 40))
      .catch((error: unknown) => error);
    expect(failure).to.have.property('message', 'no answer');
  });

  it('lets other work have its turn while it judges many', async () => {
    const auditor = make();
    const many = Array.from({ length: 1500 }, () => mine);
    await auditor.audit(vector.round, mine);
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    await auditor.auditAll(vector.round, many);
    clearInterval(ticking);
    expect(turns).to.be.greaterThan(2);
  });
});
