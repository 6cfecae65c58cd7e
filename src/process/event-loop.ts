import type fs from 'node:fs';
import type inspector from 'node:inspector';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

// The main loop: long work leaves others their turns, and a watchdog ends the process when it hangs.

/** So long at most may a loop keep all other work waiting; a slow item or a garbage collection adds to it. */
const SLICE_MS = 10;

const BEAT_MS = 500;
const TICK_MS = 1000;
const MAX_MISSED_BEATS = 10;

// Listeners of 'exit' may wait for what hangs. What they would save is not to be trusted any more.
const END = "process.removeAllListeners('exit'); process.exit(0);";
const LAST_WORDS = `the main loop has not turned for ${MAX_MISSED_BEATS} s: ending, to be started again\n`;

/** Its heap holds 6 MB. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 };

/** Goes over items, and lets other work have its turn after every slice. */
export async function* inTurns<T>(items: Iterable<T>): AsyncGenerator<T> {
  let sliceEndsAt = performance.now() + SLICE_MS;
  for (const item of items) {
    yield item;
    if (performance.now() < sliceEndsAt) continue;
    await nextTurn();
    sliceEndsAt = performance.now() + SLICE_MS;
  }
}

/**
 * Ends the process with code 0, after which a node starts a task again, when the main loop has not
 * turned for ten seconds: in a loop that never ends, or under a debugger that holds it. Nothing is
 * saved then. A machine that sleeps and a process that is stopped are no hangs, for the thread that
 * counts the seconds stands still with them. What blocks in a call of the system, not in JavaScript,
 * can't be ended before the call returns.
 * @param warn is told once if there is no watchdog, or no more; the process goes on without
 */
export function startWatchdog(warn: (message: string) => void): void {
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const workerData: WatchdogData = {
    beats,
    tickMs: TICK_MS,
    maxMissedBeats: MAX_MISSED_BEATS,
    lastWords: LAST_WORDS,
    end: END,
  };
  const needs = [
    "require('node:worker_threads').workerData",
    "require('node:inspector')",
    "require('node:fs')",
  ];
  const program = `(${watchMainThread.toString()})(${needs.join()})`;
  let reason = 'its thread ended';
  try {
    const thread = new Worker(program, {
      eval: true,
      name: 'watchdog',
      workerData,
      resourceLimits: RESOURCE_LIMITS,
      // The loader of the main thread, in tests and tools.
      execArgv: [],
    });
    const beat = setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS).unref();
    thread.on('error', (error) => (reason = error.message));
    thread.on('exit', () => {
      clearInterval(beat);
      warn(`nothing watches over the main loop: ${reason}`);
    });
    // The process may end.
    thread.unref();
  } catch (error) {
    warn(`nothing watches over the main loop: ${String(error)}`);
  }
}

/** What the thread is started with. */
interface WatchdogData {
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
function watchMainThread(
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
