import { expect } from 'chai';
import type { Submissions } from '../../src/template/koii';
import { LoneTask } from '../fixtures/lone-task';
import { eventually } from '../fixtures/network';

const ROUND = 10;

describe('fault: the node shows a stale or partial view of the chain', function () {
  this.timeout(90_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  /** What the round two before really submitted. */
  let full: Submissions;
  beforeEach(() => {
    full = { [task.other.publicKey]: 'a proof', [task.third.publicKey]: 'another' };
  });
  const views: readonly (readonly [string, () => Submissions])[] = [
    ['no submission', () => ({})],
    ['not all submissions', () => ({ [task.other.publicKey]: 'a proof' })],
  ];

  for (const [what, view] of views) {
    it(`${what} of round r-2 at first: mining starts over on the right seed`, async () => {
      task.chain.submissions[ROUND - 2] = view();
      await task.start();
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
      task.chain.submissions[ROUND - 2] = full;
      await task.logged('mining starts over');
      // Until mining has begun again, the shares that are shown are those on the wrong seed.
      await eventually(() => task.timesLogged(`mining round ${ROUND}`) === 2 || undefined);
      await task.hasShares(ROUND);
      task.chain.round = ROUND + 1;
      const submitted = task.nextCallOf('checkSubmissionAndUpdateRound');
      task.send('submitPayload', ROUND);
      const [proof] = await submitted;
      expect(task.verdictOn(proof, ROUND, task.seed(ROUND, full))).to.include({ valid: true });
    });

    it(`${what} of round r-2 when the proof is due: it waits for the right view`, async () => {
      task.chain.submissions[ROUND - 2] = full;
      await task.start();
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
      task.chain.submissions[ROUND - 2] = view();
      task.chain.round = ROUND + 1;
      task.send('submitPayload', ROUND);
      await task.logged('a seed that the chain does not confirm');
      expect(task.callsOf('checkSubmissionAndUpdateRound')).to.deep.equal([]);
      const submitted = task.nextCallOf('checkSubmissionAndUpdateRound');
      task.chain.submissions[ROUND - 2] = full;
      await submitted;
    });

    it(`${what} of round r-2 in an audit: an honest node is not voted down, a cheater is when the view is right`, async () => {
      const honest = task.proofOf('other', ROUND, task.seed(ROUND, full));
      task.chain.submissions[ROUND - 2] = view();
      task.chain.submissions[ROUND] = {
        [task.other.publicKey]: honest,
        [task.third.publicKey]: task.proofOf('third', ROUND, task.seed(ROUND, full)),
      };
      task.chain.round = ROUND + 1;
      await task.start();
      task.send('auditPayload', ROUND);
      await task.logged("is valid by this node's seed");
      expect(task.callsOf('auditSubmission')).to.deep.equal([]);
      task.chain.submissions[ROUND - 2] = full;
      await task.logged('proves 2');
      expect(task.callsOf('auditSubmission')).to.deep.equal([]);

      const voted = task.nextCallOf('auditSubmission');
      // Another node's proof, copied.
      task.chain.submissions[ROUND] = {
        [task.other.publicKey]: honest,
        [task.third.publicKey]: honest,
      };
      task.send('auditPayload', ROUND);
      expect(await voted).to.deep.equal([task.third.publicKey, false, ROUND]);
    });
  }

  it("lacks this node's own submission: the round is not mined on such a view", async () => {
    await task.start();
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    task.chain.round = ROUND + 1;
    task.send('submitPayload', ROUND);
    await task.nextCallOf('checkSubmissionAndUpdateRound');
    const complete = task.chain.submissions[ROUND]!;
    task.chain.submissions[ROUND] = {};
    task.chain.round = ROUND + 2;
    task.send('executeTask', ROUND + 2);
    await task.logged("without this node's own submission");
    task.chain.submissions[ROUND] = complete;
    await task.hasShares(ROUND + 2);
  });

  it('is a round behind: the seed is not taken for confirmed', async () => {
    await task.start();
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    task.chain.round = ROUND - 1;
    task.send('submitPayload', ROUND - 1);
    await task.logged(`round ${ROUND - 1} is not over`);
    expect(task.callsOf('checkSubmissionAndUpdateRound')).to.deep.equal([]);
  });

  it('hides submitters: no list is made, and none is voted down', async () => {
    const round = ROUND - 2;
    const submissions = {
      [task.other.publicKey]: task.proofOf('other', round),
      [task.self.publicKey]: 'x',
    };
    task.chain.submissions[round] = submissions;
    const whole = task.methods['getTaskSubmissionInfo']!;
    let asked = 0;
    // The SDK sees one submitter less than the task does a moment later.
    task.methods['getTaskSubmissionInfo'] = (...args) => {
      asked++;
      task.chain.submissions[round] = asked === 1 ? { [task.self.publicKey]: 'x' } : submissions;
      return whole(...args);
    };
    task.methods['getTaskDistributionInfo'] = () => ({
      distribution_rewards_submission: {
        [round]: { [task.other.publicKey]: { submission_value: task.other.publicKey, slot: 1 } },
      },
      distributions_audit_trigger: {},
      distributions_audit_record: {},
    });
    task.methods['getDistributionList'] = () => JSON.stringify({ [task.self.publicKey]: 0 });
    await task.start();
    task.send('distributionListAudit', round);
    await task.logged(`shows other submitters of round ${round} than before`);
    expect(task.callsOf('distributionListAuditSubmission')).to.deep.equal([]);
  });
});
