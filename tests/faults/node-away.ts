import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { Method } from '../../simulator/methods';
import type { LoneTask } from '../fixtures/lone-task';

const READS = ['getRound', 'getTaskState', 'getCurrentSlot', 'getTaskSubmissionInfo'];

/** Breaks everything the task reads from its node, once as the round starts and once as its proof is due. */
export async function expectMinedInSpiteOf(task: LoneTask, fault: Method): Promise<void> {
  const { round } = task.chain;
  await task.start();
  await task.logged('ready to mine');
  let repair = task.breakMethods(READS, fault);
  let asked = task.nextCallOf('getRound');
  task.send('executeTask', round);
  await asked;
  // The length of the outage; the task's own timers run meanwhile.
  await sleep(500);
  repair();
  await task.hasShares(round);

  repair = task.breakMethods(READS, fault);
  asked = task.nextCallOf('getRound');
  task.send('submitPayload', round);
  await asked;
  task.chain.round = round + 1;
  // Nothing may be handed in meanwhile.
  await sleep(500);
  expect(task.callsOf('checkSubmissionAndUpdateRound')).to.deep.equal([]);
  const submitted = task.nextCallOf('checkSubmissionAndUpdateRound');
  repair();
  const [proof] = await submitted;
  expect(task.verdictOn(proof, round)).to.include({ valid: true });
}
