import { setTimeout as sleep } from 'node:timers/promises';
import type { Method } from '../../simulator/methods';
import { LoneTask } from '../fixtures/lone-task';
import { expectMinedInSpiteOf } from './node-away';
import { describeProcesses } from '../runner/describe-processes';

/** Ways in which a node is slow; faults with an immediate answer are in rpc.test.ts. */
const SLOW_ANSWERS: readonly (readonly [string, Method])[] = [
  ['answers with an error after seconds', () => sleep(3000, { error: 'too late' })],
  ['does not answer', () => new Promise(() => undefined)],
];

describeProcesses('fault: the RPC of the node is slow', function () {
  this.timeout(90_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  for (const [what, fault] of SLOW_ANSWERS) {
    it(`${what}: the round is mined, and its proof handed in, when the node is back`, () =>
      expectMinedInSpiteOf(task, fault));
  }

  it('answers right, but each time after a second: the round is mined and handed in', async () => {
    for (const [name, method] of Object.entries(task.methods)) {
      task.methods[name] = async (...args) => {
        await sleep(1000);
        return method(...args);
      };
    }
    await expectMinedInSpiteOf(task, () => sleep(1000, null));
  });
});
