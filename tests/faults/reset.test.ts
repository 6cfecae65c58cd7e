import { expect } from 'chai';
import { LoneTask } from '../fixtures/lone-task';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 5;

describeProcesses('fault: the network is reset, and its rounds are counted anew', function () {
  this.timeout(60_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  const mines = async (round: number): Promise<void> => {
    task.chain.round = round;
    task.send('executeTask', round);
    await task.hasShares(round);
  };

  for (const [who, isRestarted] of [
    ['a task that runs', false],
    ['a task that starts with the store of the chain before', true],
  ] as const) {
    it(`is followed by ${who}, which mines and hands in also what it had closed`, async () => {
      await task.start();
      await mines(ROUND);
      expect(task.verdictOn(await task.proofAfter(ROUND), ROUND)).to.include({ valid: true });
      await mines(ROUND + 8);
      if (isRestarted) {
        task.kill('SIGKILL');
        await task.exit;
      }
      task.chain.submissions = {};
      task.chain.round = ROUND;
      if (isRestarted) await task.start();
      await mines(ROUND);
      await task.logged('the network was reset');
      expect(task.verdictOn(await task.proofAfter(ROUND), ROUND)).to.include({ valid: true });
      expect(task.timesLogged('the network was reset')).to.equal(1);
      await mines(ROUND + 1);
    });
  }

  it('is not seen in a view of the chain that lags by a round', async () => {
    await task.start();
    await mines(ROUND);
    task.chain.round = ROUND - 1;
    task.send('executeTask', ROUND - 1);
    await mines(ROUND + 1);
    expect(task.log).to.not.include('the network was reset');
  });
});
