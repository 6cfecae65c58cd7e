import { currentRound } from '../koii/chain';
import { localTestMode } from '../koii/identity';
import { ConfigError } from '../settings/environment';
import { task } from './1-task';
import { taskContext } from './context';
import { patiently } from './patience';
import { saveAtTheEnd, watchTheProcess } from './shutdown';

/**
 * Makes the task ready, once. A task that was restarted in the middle of a round goes on with it: the
 * node announces a round only when it begins.
 */
export async function setup(): Promise<void> {
  watchTheProcess();
  const node = await taskContext().catch(exitWithReason);
  saveAtTheEnd(node);
  const { log, engine, lists, alarms } = node;
  log.info(
    `ready to mine with ${engine.backends.length} threads, backend ${engine.requestedBackend}`,
  );
  if (localTestMode) return;
  alarms.watch();
  void resume();
  // As long as the process lives.
  void lists.run(new AbortController().signal);
}

async function resume(): Promise<void> {
  const { log, miner, alarms } = await taskContext();
  const round = await alarms.mustCome(
    patiently('what runs now', log, currentRound, { tries: Infinity }),
  );
  if (await miner.round(round)) await task(round);
}

/** Exit code 0 makes the node start the task again, later; 1 makes it give up: only a new value helps. */
function exitWithReason(error: unknown): never {
  console.error(error instanceof Error ? `${error.name}: ${error.message}` : error);
  process.exit(error instanceof ConfigError ? 1 : 0);
}
