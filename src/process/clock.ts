import { setTimeout as sleep } from 'node:timers/promises';

/** Time that only goes forward. */
export interface Clock {
  /** ms */
  now(): number;
  /** Resolves at a time, at once if it is over; rejects when aborted. */
  until(atMs: number, signal?: AbortSignal): Promise<void>;
}

/** Timers hold no more than 2^31 ms, and stand still while a machine sleeps. */
export const LONGEST_TIMER_MS = 60_000;

/** Time that no setting of the clock moves. */
export const monotonicClock: Clock = {
  now: () => performance.now(),
  async until(atMs, signal) {
    do {
      const leftMs = Math.max(0, atMs - performance.now());
      await sleep(Math.min(leftMs, LONGEST_TIMER_MS), undefined, { signal });
    } while (performance.now() < atMs);
  },
};
