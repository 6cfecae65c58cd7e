import { expect } from 'chai';
import { PROOF_RULES, WORK_SOURCE } from '../../src/consensus';
import { createKernel } from '../../src/mining/kernels/choose';
import { Search } from '../../src/mining/search';
import { encodeProof } from '../../src/proof/codec';
import type { Attempt } from '../../src/work/attempt';
import type { Segment, Template } from '../../src/work/segment';
import { templatesOf, type Work } from '../../src/work/source';
import { invalidVectors, judgeOf, vectors, type Vector } from '../fixtures/proofs';
import { restNow, StandaloneNode } from '../fixtures/standalone';
import { describeProcesses } from '../runner/describe-processes';

/** One share of a template, mined with a rolled time. */
function mine(template: Template, timeOffset: number): Attempt {
  const rolled = { ...template, time: (template.time + timeOffset) % 2 ** 32 };
  const space = { template: rolled, prefix: 0, extranonce2: 0 };
  const search = new Search(createKernel('auto'), space, PROOF_RULES.floor);
  for (;;) {
    const [attempt] = search.step(2 ** 16).found;
    if (attempt) return { ...attempt, timeOffset };
  }
}

/** What a proof of work source bitcoin may claim of its block; auditors don't check it. */
const EXTREMES: [string, Segment][] = [
  [
    'the last height and second, and bits that expand to nothing',
    { height: 2 ** 31 - 1, prev: Buffer.alloc(32, 255), time: 0xffffffff, bits: 0 },
  ],
  [
    'the 64th halving, no time, and bits beyond all targets',
    { height: 64 * 210_000, prev: Buffer.alloc(32), time: 0, bits: 0xffffffff },
  ],
];

for (const index of [0, 2]) {
  const vector = vectors[index] as Vector;
  const { round, workSource, submitter } = vector;

  describeProcesses(`POST /audit of proofs of work source ${workSource}`, function () {
    this.timeout(60_000);
    let node: StandaloneNode;
    before(async () => {
      node = await StandaloneNode.start({
        TASK_ID: vector.taskId,
        MINING_SCHEDULE: restNow(),
        API_RATE_LIMIT: '0',
      });
      const submissions = vector.submissionsOfRoundMinus2;
      expect((await node.post(`/task/${round}`, { submissions })).status).to.equal(202);
    });
    after(() => node.dispose());

    const audit = async (proof: string, of = submitter): Promise<[number, unknown]> => {
      const submission = { proof, round_number: round, submitter: of };
      const { status, body } = await node.post('/audit', { submission });
      return [status, body];
    };

    it('finds a true one valid, for its submitter alone', async () => {
      expect(await audit(vector.proof)).to.deep.equal([200, true]);
      expect(await audit(vector.proof, vectors[4]!.submitter)).to.deep.equal([200, false]);
    });

    it('finds each that was changed invalid', async () => {
      const changed = invalidVectors.filter(({ of }) => of === index);
      expect(changed).to.have.length.above(10);
      for (const { proof, what } of changed) {
        expect(await audit(proof), what).to.deep.equal([200, false]);
      }
    });

    if (workSource === 'koii') return;
    for (const [what, segment] of EXTREMES) {
      it(`decides on one with ${what}`, async () => {
        const of = judgeOf(vector);
        const payout = Buffer.from(vector.payout!, 'hex');
        const work: Work = { source: WORK_SOURCE.bitcoin, payout, segments: [segment] };
        const [template] = templatesOf(work, of.of, of.submitter, of.rules);
        const attempt = mine(template!, 255);
        const proofOf = (of: Attempt): string => encodeProof({ work, attempts: [[of]] });
        expect(await audit(proofOf(attempt))).to.deep.equal([200, true]);
        expect(await audit(proofOf({ ...attempt, timeOffset: 254 }))).to.deep.equal([200, false]);
      });
    }
  });
}
