import { expect } from 'chai';
import { createLog } from '../../src/log';
import { Auditor } from '../../src/rounds/auditor';
import { Seeds } from '../../src/rounds/seeds';
import { decodeKey, type Submissions } from '../../src/template/koii';
import { MemoryStore } from '../fixtures/memory-store';
import { vectors } from '../fixtures/proofs';

const vector = vectors[0]!;
const taskId = decodeKey(vector.taskId);
const mine = { submitter: vector.submitter, proof: vector.proof };

describe('Auditor', () => {
  let submissions: Submissions | Error;
  const make = (): Auditor => {
    const chain = {
      submissions: () =>
        submissions instanceof Error ? Promise.reject(submissions) : Promise.resolve(submissions),
    };
    const seeds = new Seeds(taskId, chain, new MemoryStore(), createLog('silent'));
    return new Auditor(taskId, seeds);
  };
  beforeEach(() => (submissions = vector.submissionsOfRoundMinus2));

  it('finds an honest proof valid', async () => {
    const verdict = await make().audit(vector.round, mine);
    expect(verdict).to.deep.equal({ valid: true, shares: 28, hashes: BigInt(vector.hashes) });
  });

  it('finds a copied proof invalid', async () => {
    const submitter = vectors[1]!.submitter;
    const verdict = await make().audit(vector.round, { ...mine, submitter });
    expect(verdict.valid).to.equal(false);
  });

  it('judges in the order of the submissions', async () => {
    const bad = { ...mine, proof: 'nonsense' };
    const verdicts = await make().auditAll(vector.round, [bad, mine, bad]);
    expect(verdicts.map(({ valid }) => valid)).to.deep.equal([false, true, false]);
  });

  it('does not condemn an honest node for its own stale view of the chain', async () => {
    const auditor = make();
    submissions = {};
    expect((await auditor.audit(vector.round, mine)).valid).to.equal(false);
    submissions = vector.submissionsOfRoundMinus2;
    expect((await auditor.audit(vector.round, mine)).valid).to.equal(true);
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
    let failure: unknown;
    await auditor
      .audit(vector.round, { ...mine, proof: 'nonsense' })
      .catch((error: unknown) => (failure = error));
    expect(failure).to.have.property('message', 'no answer');
  });

  it('knows its seed to be right by one valid proof of another node, and by none to be doubtful', async () => {
    const copied = { ...mine, submitter: vectors[1]!.submitter };
    expect(await make().provesSeed(vector.round, [])).to.equal(false);
    expect(await make().provesSeed(vector.round, [copied])).to.equal(false);
    const auditor = make();
    expect(await auditor.provesSeed(vector.round, [copied, mine])).to.equal(true);
    // Once proven, for that round and seed alone.
    expect(await auditor.provesSeed(vector.round, [copied])).to.equal(true);
    expect(await auditor.provesSeed(vector.round + 1, [copied])).to.equal(false);
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
