import type { Log } from '../log';
import type { Engine } from '../mining/engine';
import type { Miner } from '../rounds/miner';

/** A node that doesn't get its answer in time kills the process. */
const STOP_MS = 1500;

/**
 * Ends the process cleanly when the node asks it to, or is gone itself: what was found is saved, and
 * exit code 0 says that nothing is wrong.
 */
export function stopWithTheProcess(miner: Miner, engine: Engine, log: Log): void {
  let stopping = false;
  const stop = (why: string): void => {
    if (stopping) return;
    stopping = true;
    log.info(`stopping: ${why}`);
    setTimeout(() => process.exit(0), STOP_MS);
    miner
      .pause()
      .then(() => engine.close())
      .catch((error: unknown) => log.error({ error }, 'stopped with an error'))
      .finally(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  process.on('disconnect', () => stop('the node is gone'));
}
