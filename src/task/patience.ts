import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log';

export const FIRST_WAIT_MS = 1000;
export const LONGEST_WAIT_MS = 30_000;
/** Two minutes of waiting, beside the time that the tries themselves take. */
const TRIES = 9;

/**
 * Tries again while the node's trouble may soon be over: the SDK asks for a submission, a vote or a
 * list only once.
 * @param what is tried, for the log
 * @throws what the last try threw
 */
export async function patiently<T>(
  what: string,
  log: Log,
  attempt: () => Promise<T>,
  { tries = TRIES, firstWaitMs = FIRST_WAIT_MS } = {},
): Promise<T> {
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (--tries <= 0) throw error;
      log.warn({ error }, `${what} has to wait ${waitMs / 1000} s`);
      await sleep(waitMs);
    }
  }
}
