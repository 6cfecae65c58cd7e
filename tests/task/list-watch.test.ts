import { expect } from 'chai';
import { LoneTask } from '../fixtures/lone-task';
import { eventually } from '../fixtures/network';

const ROUND = 10;
const LISTED = ROUND - 2;

describe('a right list that another votes against, after the SDK has looked', function () {
  this.timeout(60_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  /** Starts the task in a round of eight seconds, all of it audit window, in which the other node has handed in a list. */
  async function auditLists(listOfOther: (right: Record<string, number>) => object): Promise<void> {
    const proof = task.proofOf('other', LISTED);
    task.chain.submissions[LISTED] = { [task.other.publicKey]: proof };
    task.chain.stakes = { [task.other.publicKey]: 1000 };
    let startedAt = Infinity;
    Object.assign(task.methods, {
      getCurrentSlot: () => 1 + ROUND * 80 + Math.floor(Math.max(0, Date.now() - startedAt) / 100),
      getTaskState: () => ({
        starting_slot: 1,
        round_time: 80,
        submission_window: 0,
        audit_window: 80,
        bounty_amount_per_round: 1000,
        stake_list: task.chain.stakes,
      }),
      getDistributionList: () => JSON.stringify(listOfOther({ [task.other.publicKey]: 1000 })),
      getTaskDistributionInfo: () => ({
        distribution_rewards_submission: {
          [LISTED]: { [task.other.publicKey]: { submission_value: 'x', slot: 1, round: LISTED } },
        },
        // The SDK's look is the first.
        distributions_audit_trigger:
          task.callsOf('getTaskDistributionInfo').length === 1
            ? {}
            : { [LISTED]: { [task.other.publicKey]: { trigger_by: 'x', slot: 2, votes } } },
        distributions_audit_record: {},
      }),
    });
    const votes = [{ is_valid: false, voter: task.third.publicKey, slot: 2 }];
    await task.start();
    await task.logged('ready to mine');
    startedAt = Date.now();
    task.send('distributionListAudit', LISTED);
  }

  it('gets the vote of this node, once', async () => {
    await auditLists((right) => right);
    const vote = await task.nextCallOf('distributionListAuditSubmission');
    expect(vote).to.deep.equal([task.other.publicKey, true, LISTED]);
    const looks = task.callsOf('getTaskDistributionInfo').length;
    await eventually(() =>
      task.callsOf('getTaskDistributionInfo').length > looks + 1 ? true : undefined,
    );
    expect(task.callsOf('distributionListAuditSubmission')).to.have.length(1);
  });

  it('a wrong one gets the vote against it alone', async () => {
    await auditLists(() => ({ [task.third.publicKey]: 1000 }));
    await eventually(() => (task.callsOf('getTaskDistributionInfo').length > 4 ? true : undefined));
    expect(task.callsOf('distributionListAuditSubmission')).to.deep.equal([
      [task.other.publicKey, false, LISTED],
    ]);
  });
});
