import { expect } from 'chai';
import { LoneTask } from '../fixtures/lone-task';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;

describeProcesses('fault: the owner of the node switches its account', function () {
  this.timeout(60_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  const isEndedFor = async (account: string): Promise<void> => {
    expect(await task.exit).to.deep.equal({ code: 0, signal: null });
    expect(task.log).to.include(`the node's account is ${account} now`);
    expect(task.callsOf('checkSubmissionAndUpdateRound')).to.deep.equal([]);
  };

  it('hands nothing in for the old one, ends with 0, and mines for the new one when it is started again', async () => {
    await task.start();
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    task.self = task.third;
    task.chain.round = ROUND + 1;
    task.send('submitPayload', ROUND);
    await isEndedFor(task.third.publicKey);

    await task.start();
    task.send('submitPayload', ROUND);
    task.send('executeTask', ROUND + 1);
    await task.hasShares(ROUND + 1);
    await task.logged(`nothing to submit for round ${ROUND}`);
    const proof = await task.proofAfter(ROUND + 1);
    expect(task.verdictOn(proof, ROUND + 1)).to.include({ valid: true });
  });

  it('ends before it mines another round for the old one', async () => {
    await task.start();
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    task.self = task.third;
    task.chain.round = ROUND + 1;
    task.send('executeTask', ROUND + 1);
    await isEndedFor(task.third.publicKey);
    expect(task.timesLogged('mining round ')).to.equal(1);
  });

  it('mines the round that runs anew when it is started for another account', async () => {
    await task.start();
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    task.kill('SIGTERM');
    await task.exit;
    task.self = task.third;
    await task.start();
    await task.hasShares(ROUND);
    expect(task.verdictOn(await task.proofAfter(ROUND), ROUND)).to.include({ valid: true });
  });

  it('waits with a submission while the node does not tell the account, and mines on', async () => {
    await task.start();
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    const repair = task.breakMethods(['getSubmitterAccount'], () => null);
    task.chain.round = ROUND + 1;
    task.send('executeTask', ROUND + 1);
    task.send('submitPayload', ROUND);
    await task.hasShares(ROUND + 1);
    await task.logged(`the submission of round ${ROUND} has to wait`);
    expect(task.callsOf('checkSubmissionAndUpdateRound')).to.deep.equal([]);
    const submitted = task.nextCallOf('checkSubmissionAndUpdateRound');
    repair();
    const [proof] = await submitted;
    expect(task.verdictOn(proof, ROUND)).to.include({ valid: true });
  });
});
