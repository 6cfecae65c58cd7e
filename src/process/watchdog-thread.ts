import type fs from 'node:fs';
import type inspector from 'node:inspector';

/** What the thread is started with. */
export interface WatchdogData {
  /** Its one entry changes whenever the main loop turns. */
  beats: Int32Array;
  tickMs: number;
  /** After so many ticks without a beat the process ends. */
  maxMissedBeats: number;
  /** Written to stdout before. */
  lastWords: string;
  /** JavaScript that ends the process, for the main thread. */
  end: string;
}

/**
 * The whole program of the watchdog's thread, handed over as text. It uses nothing but its arguments, and names no
 * function inside it: the loader of the tests would mark each with a helper that is not there.
 */
export function watchMainThread(
  { beats, tickMs, maxMissedBeats, lastWords, end }: WatchdogData,
  { Session }: typeof inspector,
  { writeSync }: typeof fs,
): void {
  let seen = 0;
  let missed = 0;
  setInterval(() => {
    const beat = Atomics.load(beats, 0);
    missed = beat === seen ? missed + 1 : 0;
    seen = beat;
    if (missed !== maxMissedBeats) return;
    // Not before it is needed: a session that was begun is waited for when the process ends, and Node
    // 18.12 aborts when one is given up.
    const session = new Session();
    session.connectToMainThread();
    try {
      // Doesn't wait for a pipe that nobody reads, but on Windows: to start a thread is to open
      // process.stdout, and that makes it non-blocking.
      writeSync(1, lastWords);
    } catch {
      // The pipe is full, or closed.
    }
    session.post('Runtime.evaluate', { expression: end });
  }, tickMs);
}
