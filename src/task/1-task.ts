import { checkRound } from '../koii/chain';
import { taskContext } from './context';

/**
 * Mines a round while the chain says that it runs: to the end of its window, or until the next round
 * starts. The node doesn't wait for it, so failures are logged.
 */
export async function task(roundNumber: number): Promise<void> {
  const { log, runner } = await taskContext();
  try {
    checkRound(roundNumber);
  } catch (error) {
    log.error({ error }, `round ${String(roundNumber)} is not mined`);
    return;
  }
  await runner.announce(roundNumber);
}
