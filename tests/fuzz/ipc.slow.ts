import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { mutateJson } from '../../cli/fuzz/mutate';
import { Random } from '../../simulator/random';
import { LoneTask } from '../fixtures/lone-task';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;
const MESSAGES = 2000;
const EVENTS = [
  'executeTask',
  'submitPayload',
  'auditPayload',
  'generateAndSubmitDistributionList',
  'distributionListAudit',
];

describeProcesses('hostile messages on the IPC channel', function () {
  this.timeout(120_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  it(`${MESSAGES} of them leave the round that runs alone, and its proof is handed in`, async () => {
    const random = new Random('ipc');
    await task.start();
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    for (let sent = 0; sent < MESSAGES; sent++) {
      const event = { functionCall: random.pick(EVENTS), roundNumber: random.below(2 * ROUND) };
      const message = mutateJson(random, event);
      // Some SDK versions read a field of whatever comes, and throw; events.test.ts tests what an exception does.
      if (message !== null) task.sendRaw(message);
      // Paced, so that the process reads them while the round runs.
      if (sent % 100 === 0) await sleep(20);
    }
    await task.hasShares(ROUND);
    expect(task.timesLogged('nothing caught this exception')).to.equal(0);
    expect(task.timesLogged(`mining round ${ROUND}\n`)).to.equal(1);
    expect(task.verdictOn(await task.proofAfter(ROUND), ROUND)).to.include({ valid: true });
  });
});
