import { expect } from 'chai';
import { Keypair } from '../../sdk-stand-in/namespace-wrapper/keypair';
import { payableList } from '../../sdk-stand-in/task-manager/distribution';
import { TaskManager } from '../../sdk-stand-in/task-manager/task-manager';
import { TaskRunner } from '../../sdk-stand-in/task-manager/task-runner';
import type {
  DistributionList,
  Submitter,
  UserFunctions,
} from '../../sdk-stand-in/task-manager/types';
import { type FakeNode, openFakeNode } from './fake-node';
import { managerWith } from './manager-with';
import { captureErrors } from './quiet';

const ROUND = 6;
const BOUNTY = 1000;

describe('stand-in task runner', () => {
  let node: FakeNode;
  let errors: ReturnType<typeof captureErrors>;

  beforeEach(async () => {
    errors = captureErrors();
    node = await openFakeNode();
    for (const method of [
      'checkSubmissionAndUpdateRound',
      'uploadDistributionList',
      'distributionListSubmissionOnChain',
      'distributionListAuditSubmission',
      'payloadTrigger',
    ]) {
      node.answers[method] = () => true;
    }
  });

  afterEach(async () => {
    await node.close();
    errors.restore();
  });

  const runnerWith = (functions: Partial<UserFunctions>) =>
    new TaskRunner(node.wrapper, managerWith(functions));

  describe('submission', () => {
    const submitted = async (submission: UserFunctions['submission']) => {
      await runnerWith({ submission }).submitTask(ROUND);
      return node.callsOf('checkSubmissionAndUpdateRound');
    };

    it('goes out up to 512 bytes, counted in UTF-8', async () => {
      const value = 'ä'.repeat(256);
      expect(await submitted(() => Promise.resolve(value))).to.deep.equal([[value, ROUND]]);
    });

    it('stays here when it is longer, missing or failing', async () => {
      expect(await submitted(() => Promise.resolve('ä'.repeat(256) + 'a'))).to.deep.equal([]);
      expect(await submitted(() => Promise.resolve())).to.deep.equal([]);
      expect(await submitted(() => Promise.reject(new Error('not today')))).to.deep.equal([]);
    });
  });

  it('lets the rejection of task() through, which ends the process', async () => {
    const failure = new Error('no memory');
    const outcome = await runnerWith({ task: () => Promise.reject(failure) })
      .task(ROUND)
      .catch((error: unknown) => error);
    expect(outcome).to.equal(failure);
  });

  it('insists on all six functions', () => {
    expect(() => new TaskManager().initialize({} as UserFunctions)).to.throw(
      'Missing required functions: setup, task, submission, audit, distribution, routes',
    );
  });

  describe('distribution', () => {
    const [a, b, c] = Array.from({ length: 3 }, () => Keypair.generate().publicKey.toBase58()) as [
      string,
      string,
      string,
    ];
    const half: UserFunctions['distribution'] = (submitters, bounty) =>
      Promise.resolve(
        Object.fromEntries(submitters.map(({ publicKey }) => [publicKey, Math.floor(bounty / 2)])),
      );

    /** Two submitters; b was audited, with two votes for it and three against. */
    function announceRound() {
      const submission = { submission_value: 'v', slot: 1, round: ROUND };
      const vote = (is_valid: boolean) => ({ is_valid, voter: c, slot: 1 });
      node.answers['getTaskSubmissionInfo'] = (round) => ({
        submissions: round === ROUND ? { [ROUND]: { [a]: submission, [b]: submission } } : {},
        submissions_audit_trigger: {
          [ROUND]: {
            [b]: { trigger_by: c, slot: 1, votes: [true, true, false, false, false].map(vote) },
          },
        },
      });
      node.answers['getTaskDistributionInfo'] = () => ({
        distribution_rewards_submission: {
          [ROUND]: { [c]: { submission_value: c, slot: 1, round: ROUND } },
        },
        distributions_audit_trigger: {},
        distributions_audit_record: {},
      });
      node.answers['getTaskState'] = () => ({
        bounty_amount_per_round: BOUNTY,
        stake_list: { [a]: 50 },
        audit_window: 1,
        submission_window: 1,
      });
      node.answers['getAverageSlotTime'] = () => 10;
    }

    it('gets votes and stakes, is awaited, and its list goes out', async () => {
      announceRound();
      let given: unknown[] = [];
      await runnerWith({
        distribution: async (submitters, ...rest) => {
          given = [submitters, ...rest];
          await new Promise((resolve) => setTimeout(resolve, 20));
          return half(submitters, ...rest);
        },
      }).submitDistributionList(ROUND);
      expect(given).to.deep.equal([
        [
          { publicKey: a, votes: 1, stake: 50 },
          { publicKey: b, votes: -1, stake: 0 },
        ],
        BOUNTY,
        ROUND,
      ]);
      expect(node.callsOf('uploadDistributionList')).to.deep.equal([
        [{ [a]: 500, [b]: 500 }, ROUND],
      ]);
      expect(node.callsOf('distributionListSubmissionOnChain')).to.deep.equal([[ROUND]]);
    });

    it('makes no list when it throws, and no submission when the upload is refused', async () => {
      announceRound();
      await runnerWith({
        distribution: () => Promise.reject(new Error('lacks the seed')),
      }).submitDistributionList(ROUND);
      expect(node.callsOf('uploadDistributionList')).to.deep.equal([]);
      node.answers['uploadDistributionList'] = () => false;
      await runnerWith({ distribution: half }).submitDistributionList(ROUND);
      expect(node.callsOf('distributionListSubmissionOnChain')).to.deep.equal([]);
    });

    it('is asked for by the selected node alone, which triggers the payout after the windows', async () => {
      announceRound();
      const self = node.keypair.publicKey.toBase58();
      await runnerWith({}).selectAndGenerateDistributionList(ROUND);
      expect(node.callsOf('uploadDistributionList')).to.deep.equal([]);

      const submissions = { [ROUND]: { [self]: { submission_value: 'v', slot: 1, round: ROUND } } };
      node.answers['getTaskSubmissionInfo'] = (round) => ({
        submissions: round === ROUND ? submissions : {},
        submissions_audit_trigger: {},
      });
      const paid = new Promise<unknown>((resolve) => (node.answers['payloadTrigger'] = resolve));
      await runnerWith({ distribution: half }).selectAndGenerateDistributionList(ROUND);
      expect(node.callsOf('uploadDistributionList')).to.deep.equal([[{ [self]: 500 }, ROUND]]);
      expect(await paid).to.equal(ROUND);
    });

    describe('audit', () => {
      const verdicts = async (list: unknown, distribution = half) => {
        announceRound();
        node.answers['getDistributionList'] = () => list;
        await runnerWith({ distribution }).auditDistribution(ROUND);
        return node.callsOf('distributionListAuditSubmission');
      };

      it('has nothing against the same list, whatever its order', async () => {
        expect(await verdicts(JSON.stringify({ [b]: 500, [a]: 500 }))).to.deep.equal([]);
        expect(node.callsOf('getDistributionList')).to.deep.equal([[c, ROUND]]);
      });

      it('votes against any other', async () => {
        const against = [[c, false, ROUND]];
        for (const list of [
          JSON.stringify({ [a]: 500, [b]: 499 }),
          JSON.stringify({ [a]: 500 }),
          JSON.stringify({ [a]: 500, [b]: 500, [c]: 0 }),
          'no list',
          null,
        ]) {
          node.calls.length = 0;
          expect(await verdicts(list), String(list)).to.deep.equal(against);
        }
      });

      it('has nothing to object when it can make no list itself', async () => {
        expect(
          await verdicts('{}', () => Promise.reject(new Error('lacks the seed'))),
        ).to.deep.equal([]);
      });
    });
  });

  describe('payable list', () => {
    const submitters: Submitter[] = ['a', 'b'].map((publicKey) => ({
      publicKey,
      votes: 1,
      stake: 9,
    }));
    const zeros = { a: 0, b: 0 };

    it('stays as it is up to the bounty, with penalties and with others in it', () => {
      const lists: DistributionList[] = [
        { a: 999, b: 1 },
        { a: 1005, b: -5 },
        { b: 0, a: 0, c: 3 },
      ];
      for (const list of lists) expect(payableList(list, submitters, BOUNTY)).to.equal(list);
    });

    it('becomes zeros when it exceeds the bounty, misses a submitter or has no integers', () => {
      const lists: DistributionList[] = [
        { a: 1000, b: 1 },
        { a: 1 },
        {},
        { a: 0.5, b: 1 },
        { a: NaN, b: 1 },
      ];
      for (const list of lists) {
        expect(payableList(list, submitters, BOUNTY)).to.deep.equal(zeros);
      }
    });
  });
});
