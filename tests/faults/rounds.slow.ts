import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { StatusError } from '../../simulator/endpoint';
import { LoneTask } from '../fixtures/lone-task';
import { eventually } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;
/** Everything the task reads from its node. */
const READS = [
  'getRound',
  'getTaskState',
  'getCurrentSlot',
  'getAverageSlotTime',
  'getTaskSubmissionInfo',
  'getTaskDistributionInfo',
  'getSubmitterAccount',
];

describeProcesses('fault: rounds that are not as the task expects them', function () {
  this.timeout(120_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  it('mines to the true end of a round whose slots last longer than the node says', async () => {
    const [slots, slotMs, toldSlotMs] = [80, 300, 200];
    const startedAt = performance.now();
    const slot = (): number => ROUND * slots + Math.floor((performance.now() - startedAt) / slotMs);
    const state = task.methods['getTaskState']!({}) as object;
    Object.assign(task.methods, {
      getTaskState: () => ({
        ...state,
        round_time: slots,
        submission_window: slots / 2,
        audit_window: slots / 2,
      }),
      getAverageSlotTime: () => toldSlotMs,
      getCurrentSlot: slot,
      getRound: () => Math.floor(slot() / slots),
    });
    await task.start();
    task.send('executeTask', ROUND);
    await task.logged(`mined round ${ROUND}:`);
    // 24 s; by the node's figures it would be 16 s.
    expect(performance.now() - startedAt).to.be.greaterThan(0.95 * slots * slotMs);
  });

  it('mines for MINING_SECONDS in all, started again or not', async () => {
    const env = { MINING_SECONDS: '8' };
    await task.start(undefined, env);
    task.send('executeTask', ROUND);
    await task.logged(`mining round ${ROUND}`);
    // The record of the round is written every ten seconds, and when a best share is new.
    await task.stored(/minedMs\\?":[3-6]\d{3}\b/);
    task.kill('SIGKILL');
    await task.exit;
    const startedAt = performance.now();
    await task.start(undefined, env);
    await task.logged(`mined round ${ROUND}:`);
    expect(performance.now() - startedAt).to.be.lessThan(6500);
    task.send('executeTask', ROUND);
    await task.logged(`round ${ROUND} is not mined again`);
  });

  it('mines a low round after a high one in the same process, when the network was reset', async () => {
    task.chain.round = 40;
    await task.start();
    task.send('executeTask', 40);
    await task.hasShares(40);
    task.chain.round = 3;
    task.send('executeTask', 3);
    await task.hasShares(3);
    expect(task.log).to.match(/WARN: the network was reset: round 3 runs/);
    expect(task.verdictOn(await task.proofAfter(3), 3)).to.include({ valid: true });
    task.send('executeTask', 4);
    await task.hasShares(4);
  });

  it('asks and says little in an outage over thirty rounds, and mines the one that runs then', async () => {
    await task.start();
    await task.logged('ready to mine');
    const fault = (): unknown => Promise.reject(new StatusError(500, 'internal error'));
    const repair = task.breakMethods(READS, fault);
    const [calls, bytes] = [task.calls.length, task.log.length];
    for (let round = ROUND + 1; round <= ROUND + 30; round++) {
      task.chain.round = round;
      task.send('executeTask', round);
      task.send('submitPayload', round - 1);
      // Gives the task's own timers the time in which it might ask too often.
      await sleep(1000);
    }
    // With a separate wait for each round it was 320 calls and 200 KB.
    expect(task.calls.length - calls).to.be.lessThan(100);
    const said = task.log.slice(bytes);
    // The full error is logged once for the node and once for the lists.
    expect(said.match(/NodeCallError: /g)!.length).to.be.lessThan(4);
    expect(said.length).to.be.lessThan(30_000);
    repair();
    await task.hasShares(ROUND + 30);
    expect(task.timesLogged('mining round ')).to.equal(1);
    await eventually(() => task.log.includes('the node answers again'));
  });
});
