import { currentRound } from '../koii/chain';
import { localTestMode } from '../koii/identity';
import { NodeCallError } from '../koii/node-call';
import { task } from './1-task';
import { taskContext } from './context';
import { stopWithTheProcess } from './shutdown';

/**
 * Makes the task ready, once. A task that was restarted in the middle of a round goes on with it: the
 * node announces a round only when it begins.
 */
export async function setup(): Promise<void> {
  const { config, log, engine, miner } = await taskContext().catch(exitWithReason);
  stopWithTheProcess(miner, engine, log);
  log.info(
    `ready to mine with ${engine.backends.length} threads, backend ${config.MINING_BACKEND}`,
  );
  if (localTestMode) return;
  try {
    const round = await currentRound();
    if (await miner.round(round)) void task(round);
  } catch (error) {
    log.warn({ error }, 'not known which round runs: waiting for the next');
  }
}

/** Exit code 0 makes the node start the task again, later; 1 makes it give up. */
function exitWithReason(error: unknown): never {
  console.error(error instanceof Error ? `${error.name}: ${error.message}` : error);
  process.exit(error instanceof NodeCallError ? 0 : 1);
}
