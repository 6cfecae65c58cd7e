import { expect } from 'chai';
import { deriveKeyPair } from '../../simulator/keys';
import { decodeKey } from '../../src/work/identity';
import { LoneTask } from '../fixtures/lone-task';
import { eventually } from '../fixtures/until';
import { mineProof } from '../fixtures/proofs';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;
const LISTED = ROUND - 2;
const SLOT_MS = 20;
/** Slots of the submission window, the audit window and the round. */
const SUBMISSION = 100;
const AUDIT = 300;
const ROUND_SLOTS = 440;

/** The lists on the ledger: maker to the account it names. */
type Lists = Record<string, string>;

// The list-keeper of a real process, on a chain whose slots go on.
describeProcesses('the distribution lists of a task', function () {
  this.timeout(60_000);
  let task: LoneTask;
  let lists: Lists;
  let accounts: Record<string, object>;
  let votes: Record<string, { voter: string; is_valid: boolean }[]>;
  /** The slots stand still at the first until `startedAt`. */
  let firstSlot: number;
  let startedAt: number;

  beforeEach(() => {
    task = new LoneTask();
    [lists, accounts, votes] = [{}, {}, {}];
    [firstSlot, startedAt] = [0, Infinity];
    task.chain.submissions[LISTED] = {
      [task.other.publicKey]: task.proofOf('other', LISTED),
      [task.third.publicKey]: task.proofOf('third', LISTED),
    };
    Object.assign(task.methods, {
      getAverageSlotTime: () => SLOT_MS,
      getCurrentSlot: () => 1 + ROUND * ROUND_SLOTS + slotsGone(),
      getTaskState: () => ({
        starting_slot: 1,
        round_time: ROUND_SLOTS,
        submission_window: SUBMISSION,
        audit_window: AUDIT,
        bounty_amount_per_round: 1000,
        stake_list: {},
      }),
      getTaskDistributionInfo: (round: number) => ({
        distribution_rewards_submission: ofRound(round, lists, (account) => ({
          submission_value: account,
          slot: 1 + ROUND * ROUND_SLOTS,
          round,
        })),
        distributions_audit_trigger: ofRound(round, votes, (cast) => ({ votes: cast })),
        distributions_audit_record: {},
      }),
      getDistributionList: (account: string) => JSON.stringify(accounts[account]) ?? null,
      distributionListAuditSubmission: (maker: string, is_valid: boolean) => {
        (votes[maker] ??= []).push({ voter: task.self.publicKey, is_valid });
      },
    });
  });
  afterEach(() => task.dispose());

  const slotsGone = (): number =>
    firstSlot + Math.floor(Math.max(0, Date.now() - startedAt) / SLOT_MS);
  const ofRound = <T>(round: number, by: Record<string, T>, entry: (value: T) => object) =>
    round === LISTED && Object.keys(by).length > 0
      ? {
          [round]: Object.fromEntries(
            Object.entries(by).map(([key, value]) => [key, entry(value)]),
          ),
        }
      : {};
  /** Starts the task in the audit window; the slots go on once the task is up. */
  const startInAudit = async (part = 0): Promise<void> => {
    firstSlot = SUBMISSION + part * AUDIT;
    await task.start();
    await task.logged('ready to mine');
    startedAt = Date.now();
  };
  const castVotes = (): unknown[][] => task.callsOf('distributionListAuditSubmission');
  const voteOn = (maker: string): Promise<unknown[]> =>
    eventually(() => castVotes().find(([of]) => of === maker));
  const right = (): Record<string, number> => {
    // Proofs of one share each.
    return { [task.other.publicKey]: 500, [task.third.publicKey]: 500 };
  };
  const falseList = (): Record<string, number> => ({ ...right(), [task.third.publicKey]: 499 });

  it('are judged by the account that the ledger names, without the SDK', async () => {
    lists = { [task.other.publicKey]: 'account', [task.third.publicKey]: 'another' };
    accounts = {
      [task.other.publicKey]: right(),
      account: falseList(),
      [task.third.publicKey]: falseList(),
      another: right(),
    };
    await startInAudit();
    expect(await voteOn(task.other.publicKey)).to.deep.equal([task.other.publicKey, false, LISTED]);
    expect(await voteOn(task.third.publicKey)).to.deep.equal([task.third.publicKey, true, LISTED]);
    expect(await task.metric('orca_list_votes_total{vote="for"}')).to.equal(1);
    expect(await task.metric('orca_list_votes_total{vote="against"}')).to.equal(1);
  });

  it('are judged though another names no account that makes sense', async () => {
    lists = { [task.other.publicKey]: 'account', [task.third.publicKey]: 7 as unknown as string };
    accounts = { account: falseList() };
    await startInAudit(0.6);
    expect(await voteOn(task.other.publicKey)).to.deep.equal([task.other.publicKey, false, LISTED]);
    expect(await voteOn(task.third.publicKey)).to.deep.equal([task.third.publicKey, false, LISTED]);
  });

  it('are judged though they came late, and though they change', async () => {
    lists = { [task.other.publicKey]: 'account' };
    accounts = { account: right(), late: falseList() };
    await startInAudit();
    task.send('distributionListAudit', LISTED);
    await eventually(() => task.callsOf('getDistributionList')[0]);
    lists[task.third.publicKey] = 'late';
    accounts['account'] = falseList();
    expect(await voteOn(task.third.publicKey)).to.deep.equal([task.third.publicKey, false, LISTED]);
    expect(await voteOn(task.other.publicKey)).to.deep.equal([task.other.publicKey, false, LISTED]);
  });

  it('get the vote of a process that was killed and started again, once', async () => {
    lists = { [task.other.publicKey]: 'account', [task.third.publicKey]: 'another' };
    accounts = { account: falseList(), another: right() };
    await startInAudit();
    await voteOn(task.other.publicKey);
    task.kill('SIGKILL');
    await task.exit;
    await task.start();
    await voteOn(task.third.publicKey);
    await eventually(() => slotsGone() > SUBMISSION + AUDIT);
    expect(castVotes()).to.deep.equal([
      [task.other.publicKey, false, LISTED],
      [task.third.publicKey, true, LISTED],
    ]);
  });

  it("get no vote by the SDK's look, which the task leaves unanswered", async () => {
    lists = { [task.other.publicKey]: 'account' };
    accounts = { account: right() };
    votes = { [task.other.publicKey]: [{ voter: 'somebody', is_valid: false }] };
    await startInAudit();
    task.send('distributionListAudit', LISTED);
    // If the SDK got an answer, it would vote at once.
    await eventually(() => slotsGone() > SUBMISSION + 0.8 * AUDIT);
    expect(castVotes()).to.deep.equal([]);
    expect(await voteOn(task.other.publicKey)).to.deep.equal([task.other.publicKey, true, LISTED]);
  });

  it('are made by a submitter, whomever the SDK selects', async () => {
    const ownProof = mineProof(
      { taskId: decodeKey(task.taskId), round: LISTED, seed: task.seed(LISTED) },
      task.self.publicKeyBytes,
    );
    task.chain.submissions[LISTED] = { [task.self.publicKey]: ownProof };
    // The slots stand still until the task is up: its window has just opened.
    const uploaded = task.nextCallOf('uploadDistributionList');
    await task.start();
    expect(await uploaded).to.deep.equal([{ [task.self.publicKey]: 1000 }, LISTED]);
    await eventually(() => task.callsOf('distributionListSubmissionOnChain')[0]);
    await eventually(async () => (await task.metric('orca_lists_made_total')) === 1);
  });

  it('are counted as a reward once, though the task is killed and makes them again', async () => {
    const work = { taskId: decodeKey(task.taskId), round: LISTED, seed: task.seed(LISTED) };
    task.chain.submissions[LISTED] = {
      [task.self.publicKey]: mineProof(work, task.self.publicKeyBytes),
    };
    const reward = (): Promise<number> => task.metric('orca_rewards_roe_total');
    await task.start();
    await eventually(async () => (await reward()) === 1000);
    // What the page shows of it is stored a moment later.
    await eventually(() => task.callsOf('uploadDistributionList')[0]);
    task.kill('SIGKILL');
    await task.exit;
    await task.start();
    const made = `distribution of round ${LISTED}: 1 of 1 proofs are valid`;
    await eventually(() => task.timesLogged(made) === 2);
    expect(await eventually(async () => (await reward()) + 1)).to.equal(1);
  });

  for (const count of [3, 100]) {
    it(`cost a call a list and look, with ${count}`, async () => {
      const makers = Array.from({ length: count }, (_, i) => deriveKeyPair(`maker ${i}`).publicKey);
      lists = Object.fromEntries(makers.map((maker, i) => [maker, `account ${i}`]));
      accounts = Object.fromEntries(makers.map((_, i) => [`account ${i}`, right()]));
      startedAt = Date.now();
      await task.start();
      await eventually(() => slotsGone() > SUBMISSION + AUDIT + 10);
      const calls = new Map<unknown, number>();
      for (const [method] of task.calls) calls.set(method, (calls.get(method) ?? 0) + 1);
      const [reads, cast] = ['getDistributionList', 'distributionListAuditSubmission'].map((name) =>
        calls.get(name),
      );
      expect(reads).to.be.at.most(4 * count);
      expect(cast).to.be.at.most(count);
      // A busy machine doesn't get through a hundred at each look.
      if (count === 3) expect({ reads, cast }).to.deep.equal({ reads: 4 * count, cast: count });
      // At each of five looks, when it makes a list, and for the rounds before.
      expect(calls.get('getTaskDistributionInfo')).to.be.at.most(20);
      expect(calls.get('getTaskSubmissionInfo')).to.be.at.most(6);
    });
  }
});
