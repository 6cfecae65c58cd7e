import { setTimeout as sleep } from 'node:timers/promises';

/** Time that only moves forward. */
export interface Clock {
  /** ms */
  now(): number;
  /** Resolves at a time, at once if it has passed; rejects when aborted. */
  until(atMs: number, signal?: AbortSignal): Promise<void>;
}

/** A timer takes at most 2^31 ms, and stops while the machine sleeps. */
export const LONGEST_TIMER_MS = 60_000;

/** Time that doesn't change when the clock is set. */
export const monotonicClock: Clock = {
  now: () => performance.now(),
  async until(atMs, signal) {
    do {
      const leftMs = Math.max(0, atMs - performance.now());
      await sleep(Math.min(leftMs, LONGEST_TIMER_MS), undefined, { signal });
    } while (performance.now() < atMs);
  },
};
