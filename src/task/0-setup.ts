import { localTestMode } from '../koii/sdk';
import { saveAtTheEnd, watchTheProcess } from '../process/exit';
import { ConfigError } from '../settings/schema';
import { taskContext } from './context';

/**
 * Makes the task ready, once. A task that was restarted in the middle of a round goes on with it: the
 * node announces a round only when it begins.
 */
export async function setup(): Promise<void> {
  watchTheProcess();
  const node = await taskContext().catch(exitWithReason);
  saveAtTheEnd(node);
  const { log, engine, lists, alarms, runner } = node;
  log.info(
    `ready to mine with ${engine.backends.length} threads, backend ${engine.requestedBackend}`,
  );
  if (localTestMode) return;
  alarms.watch();
  void runner.resume();
  // As long as the process lives.
  void lists.run(new AbortController().signal);
}

/** Exit code 0 makes the node start the task again, later; 1 makes it give up: only a new value helps. */
function exitWithReason(error: unknown): never {
  console.error(error instanceof Error ? `${error.name}: ${error.message}` : error);
  process.exit(error instanceof ConfigError ? 1 : 0);
}
