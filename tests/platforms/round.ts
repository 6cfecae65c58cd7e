import { expect } from 'chai';
import type { LoneTask } from '../fixtures/lone-task';
import { until } from '../fixtures/until';

const ROUND = 10;

/**
 * Has a task that was started mine a round on native code, and judges its proof as another node would.
 * @param startMs how long it may take until it mines
 */
export async function expectNativeRound(task: LoneTask, startMs: number): Promise<void> {
  await minesOn(task, 'native', startMs);
  const shares = await untilItEnds(task, task.hasShares(ROUND));
  expect(shares).to.be.above(0);
  const proof = await untilItEnds(task, task.proofAfter(ROUND));
  expect(task.log).not.to.include("can't run");
  expect(task.verdictOn(proof, ROUND)).to.include({ valid: true });
}

/** Has a task that was started mine, and waits until its log names this backend. */
export async function minesOn(task: LoneTask, backend: string, startMs: number): Promise<void> {
  task.send('executeTask', ROUND);
  await untilItEnds(
    task,
    until(() => task.log.includes('mining with'), startMs),
  );
  expect(task.log).to.match(new RegExp(`mining with \\d+ threads? on ${backend}\n`));
}

/** @throws Error with the task's log if it ends first. */
async function untilItEnds<T>(task: LoneTask, result: Promise<T>): Promise<T> {
  const end = task.exit.then((exit) => {
    throw new Error(`the task ended with ${JSON.stringify(exit)}:\n${task.log}`);
  });
  return Promise.race([end, result]);
}
