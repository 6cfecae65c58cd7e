import { expect } from 'chai';
import type { Submissions } from '../../src/work/seed';
import { LoneTask } from '../fixtures/lone-task';
import { eventually } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;

describeProcesses('fault: the node shows a stale or partial view of the chain', function () {
  this.timeout(90_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  /** What was really submitted for the round two before. */
  let full: Submissions;
  beforeEach(() => {
    full = { [task.other.publicKey]: 'a proof', [task.third.publicKey]: 'another' };
  });
  const views: readonly (readonly [string, () => Submissions])[] = [
    ['no submission', () => ({})],
    ['not all submissions', () => ({ [task.other.publicKey]: 'a proof' })],
  ];

  /** An audit window of eight seconds, of which the task may wait a quarter. */
  const shortenWindows = (): void =>
    void Object.assign(task.methods, {
      getCurrentSlot: () => task.chain.round * 200 + 101,
      getTaskState: () => ({
        starting_slot: 0,
        round_time: 200,
        submission_window: 100,
        audit_window: 80,
        bounty_amount_per_round: 1000,
        stake_list: {},
      }),
    });
  const seedReadings = (): number =>
    task.callsOf('getTaskSubmissionInfo').filter(([round]) => round === ROUND - 2).length;

  for (const [what, view] of views) {
    it(`${what} of round r-2 at first: mining starts over on the right seed`, async () => {
      task.chain.submissions[ROUND - 2] = view();
      await task.start();
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
      task.chain.submissions[ROUND - 2] = full;
      await task.logged('mining starts over');
      // Until mining has restarted, the shares shown are those on the wrong seed.
      await eventually(() => task.timesLogged(`mining round ${ROUND}`) === 2);
      await task.hasShares(ROUND);
      const proof = await task.proofAfter(ROUND);
      expect(task.verdictOn(proof, ROUND, task.seed(ROUND, full))).to.include({ valid: true });
    });

    it(`${what} of round r-2 when the proof is due: what was mined is handed in`, async () => {
      task.chain.submissions[ROUND - 2] = full;
      await task.start();
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
      task.chain.submissions[ROUND - 2] = view();
      const proof = await task.proofAfter(ROUND);
      expect(task.verdictOn(proof, ROUND, task.seed(ROUND, full))).to.include({ valid: true });
      await task.logged('mined on another seed than the chain shows now');
    });

    it(`${what} of round r-2 in an audit: an honest node is not voted down, a cheater is when the view is right`, async () => {
      const honest = task.proofOf('other', ROUND, task.seed(ROUND, full));
      task.chain.submissions[ROUND - 2] = view();
      task.chain.submissions[ROUND] = {
        [task.other.publicKey]: honest,
        [task.third.publicKey]: task.proofOf('third', ROUND, task.seed(ROUND, full)),
      };
      task.chain.round = ROUND + 1;
      shortenWindows();
      await task.start();
      const read = task.nextCallOf('getTaskSubmissionInfo');
      task.send('auditPayload', ROUND);
      await read;
      // It reads round r-2, finds both proofs invalid, and waits before it reads again.
      await eventually(() => seedReadings() > 0);
      task.chain.submissions[ROUND - 2] = full;
      await task.logged('proves 2');
      expect(task.callsOf('auditSubmission')).to.deep.equal([]);
      // Neither the same view again nor the right one: only two equal readings count.
      expect(seedReadings()).to.equal(3);

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

  it('shows another round r-2 when a tenth of the round is over: mining stays on its seed', async () => {
    task.chain.submissions[ROUND - 2] = full;
    // Rounds of 20 s with advancing slots.
    const startedAt = Date.now();
    const slot = (): number => ROUND * 200 + Math.floor((Date.now() - startedAt) / 100);
    Object.assign(task.methods, {
      getCurrentSlot: slot,
      getRound: () => Math.floor(slot() / 200),
      getTaskState: () => ({
        starting_slot: 0,
        round_time: 200,
        submission_window: 100,
        audit_window: 80,
        bounty_amount_per_round: 1000,
        stake_list: {},
      }),
    });
    await task.start();
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    await eventually(() => Date.now() - startedAt > 2500);
    task.chain.submissions[ROUND - 2] = {};
    await task.logged(`mined round ${ROUND}`);
    expect(task.timesLogged(`mining round ${ROUND}`)).to.equal(1);
    const proof = await task.proofAfter(ROUND);
    expect(task.verdictOn(proof, ROUND, task.seed(ROUND, full))).to.include({ valid: true });
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
});
