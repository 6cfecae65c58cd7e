import { Worker } from 'node:worker_threads';
import { watchMainThread, type WatchdogData } from './watchdog-thread';

const BEAT_MS = 500;
const TICK_MS = 1000;
const MAX_MISSED_BEATS = 10;

// Listeners of 'exit' may wait for what hangs. What they would save is not to be trusted any more.
const END = "process.removeAllListeners('exit'); process.exit(0);";
const LAST_WORDS = `the main loop has not turned for ${MAX_MISSED_BEATS} s: ending, to be started again\n`;

/** Its heap holds 6 MB. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 };

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
    ...{ beats, tickMs: TICK_MS, maxMissedBeats: MAX_MISSED_BEATS },
    ...{ lastWords: LAST_WORDS, end: END },
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
      ...{ eval: true, name: 'watchdog', workerData, resourceLimits: RESOURCE_LIMITS },
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
