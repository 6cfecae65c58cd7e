import { expect } from 'chai';
import { StatusError } from '../../simulator/endpoint';
import type { Method } from '../../simulator/methods';
import { LoneTask } from '../fixtures/lone-task';
import { expectMinedInSpiteOf } from './node-away';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;

/** Ways in which a node answers uselessly; the slow ones are in rpc.slow.ts. */
const NO_ANSWERS: readonly (readonly [string, Method])[] = [
  ['answers 500', () => Promise.reject(new StatusError(500, 'internal error'))],
  ['answers {error}', () => ({ error: 'K2 is away' })],
  ['answers null', () => null],
  ['answers an error number', () => 429],
  ['answers with a part of what was asked for', () => ({ submissions: { [ROUND]: null } })],
];

describeProcesses('fault: the RPC of the node', function () {
  this.timeout(90_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  for (const [what, fault] of NO_ANSWERS) {
    it(`${what}: the round is mined, and its proof handed in, when the node is back`, () =>
      expectMinedInSpiteOf(task, fault));
  }

  it('is away when the task starts: it ends with 0, to be started again', async () => {
    task.breakMethods(['getSubmitterAccount'], () => ({ error: 'the node is starting' }));
    await task.start();
    expect(await task.exit).to.deep.equal({ code: 0, signal: null });
    expect(task.log).to.include('the node did not answer getSubmitterAccount');
  });

  it('makes the SDK reject: the task logs it and goes on', async () => {
    await task.start();
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    task.chain.submissions[ROUND - 2] = {
      [task.other.publicKey]: task.proofOf('other', ROUND - 2),
    };
    task.breakMethods(['getSubmitterAccount'], () => null);
    task.send('generateAndSubmitDistributionList', ROUND - 2);
    await task.logged('nothing caught this rejection');
    expect(await task.metric('orca_uncaught_errors_total')).to.equal(1);
    expect(await task.hasShares(ROUND)).to.be.greaterThan(0);
  });
});
