import { localTestMode } from '../koii/sdk';
import { stopNode } from '../node';
import { saveAtTheEnd, watchTheProcess } from '../process/exit';
import { ConfigError } from '../settings/schema';
import { taskContext } from './context';

/**
 * Sets the task up, once. After a restart in the middle of a round it continues that round by itself, since the node
 * announces a round only when it begins.
 */
export async function setup(): Promise<void> {
  watchTheProcess();
  const node = await taskContext().catch(exitWithReason);
  const { log, engine, lists, recounts, alarms, runner } = node;
  saveAtTheEnd(log, () => stopNode(node));
  log.info(
    `ready to mine with ${engine.backends.length} threads, backend ${engine.requestedBackend}`,
  );
  if (localTestMode) return;
  alarms.watch();
  void runner.resume();
  // They run as long as the process.
  void lists.run(new AbortController().signal);
  void recounts.run(new AbortController().signal);
}

/** After exit code 0 the node restarts the task later; after 1 it gives up, since only a new value helps. */
function exitWithReason(error: unknown): never {
  console.error(error instanceof Error ? `${error.name}: ${error.message}` : error);
  process.exit(error instanceof ConfigError ? 1 : 0);
}
