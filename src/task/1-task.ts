import type { Config } from '../config';
import { msToRoundEnd } from '../koii/chain';
import { localTestMode } from '../koii/identity';
import { taskContext } from './context';

const LOCAL_TEST_SECONDS = 10;

/**
 * Mines a round: to the end of its window, or until the next round starts. The node doesn't wait for
 * it, so failures end in the log.
 */
export async function task(roundNumber: number): Promise<void> {
  const { config, log, miner, seeds } = await taskContext();
  try {
    const seed = await seeds.of(roundNumber);
    const durationMs = await miningMs(config, roundNumber);
    await miner.mine(roundNumber, seed, durationMs);
  } catch (error) {
    log.error({ error }, `round ${roundNumber} is not mined`);
  }
}

async function miningMs(config: Config, round: number): Promise<number> {
  const seconds = config.MINING_SECONDS || (localTestMode ? LOCAL_TEST_SECONDS : undefined);
  if (localTestMode) return seconds! * 1000;
  // Where the end can't be learned, the start of the next round ends this one.
  const untilEndMs = await msToRoundEnd(round).catch(() => Infinity);
  return Math.min(untilEndMs, (seconds ?? Infinity) * 1000);
}
