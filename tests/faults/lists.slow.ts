import { expect } from 'chai';
import { deriveKeyPair } from '../../simulator/keys';
import { LoneTask } from '../fixtures/lone-task';
import { eventually } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;
const LISTED = ROUND - 2;
const ASKED = 1000;
const SUBMITTERS = 300;
/** What a thousand calls would hold if they leaked: each its submitters, their keys and stakes. */
const MB = 2 ** 20;

describeProcesses('fault: the SDK asks for lists that it is not given', function () {
  this.timeout(120_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  it('a thousand promises that never settle leave no memory', async () => {
    const keys = Array.from({ length: SUBMITTERS }, (_, i) => deriveKeyPair(`key ${i}`).publicKey);
    const submitted = Object.fromEntries(keys.map((key) => [key, `EA${'A'.repeat(490)}`]));
    task.chain.submissions[LISTED] = submitted;
    Object.assign(task.methods, {
      getTaskDistributionInfo: () => ({
        distribution_rewards_submission: {
          [LISTED]: { [keys[0]!]: { submission_value: keys[0], slot: 1, round: LISTED } },
        },
        distributions_audit_trigger: {},
        distributions_audit_record: {},
      }),
      getDistributionList: () => '{}',
      // In the audit window.
      getCurrentSlot: () => ROUND * 10_000 + 6000,
    });
    await task.start();
    await task.logged('ready to mine');
    const askMany = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i += 50) {
        const before = task.callsOf('getTaskState').length;
        for (let n = 0; n < 50; n++) task.send('distributionListAudit', LISTED);
        // Simultaneous calls share one answer.
        await eventually(() => task.callsOf('getTaskState').length > before);
      }
    };
    const heap = (): Promise<number> => task.metric('nodejs_heap_size_used_bytes');
    await askMany(100);
    const before = await heap();
    await askMany(ASKED);
    const held = ASKED * SUBMITTERS * 500;
    expect(held).to.be.above(140 * MB);
    // Garbage that is not collected yet is no leak: it comes and goes.
    await eventually(async () => {
      await askMany(50);
      return (await heap()) < before + 30 * MB;
    });
    // Only the list-keeper's vote, however often the SDK looked.
    expect(task.callsOf('distributionListAuditSubmission')).to.have.length.at.most(1);
  });
});
