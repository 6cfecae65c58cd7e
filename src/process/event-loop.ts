import type fs from 'node:fs';
import type inspector from 'node:inspector';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

// Keeps the event loop turning: long work yields to other work, and a watchdog ends the process if the loop hangs.

/** The longest a loop keeps other work waiting, give or take a slow item or a garbage collection. */
const SLICE_MS = 10;

const BEAT_MS = 500;
const TICK_MS = 1000;
const MAX_MISSED_BEATS = 10;

// Listeners of 'exit' may wait for what hangs, and what they would save can't be trusted any more.
const END = "process.removeAllListeners('exit'); process.exit(0);";
const LAST_WORDS = `the main loop has not turned for ${MAX_MISSED_BEATS} s: ending, to be started again\n`;

/** The thread's heap holds 6 MB. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 };

/** Iterates over items, and lets other work have its turn after each slice. */
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
 * Work of many that is done a step at a time, each in its turn. However many they are, other work has its turn after each
 * slice: with `inTurns` each of them would have a slice of its own in one turn of the loop.
 */
export class Turns {
  private readonly waiting = new Set<() => boolean>();
  private isDue = false;

  /** Has a step done soon, and again for as long as it returns true. One that waits already is not added again. */
  add(step: () => boolean): void {
    this.waiting.add(step);
    this.goOn();
  }

  private goOn(): void {
    if (this.isDue || this.waiting.size === 0) return;
    this.isDue = true;
    setImmediate(() => this.run());
  }

  private run(): void {
    const endsAt = performance.now() + SLICE_MS;
    // Those that are added meanwhile come up, too.
    for (const step of this.waiting) {
      this.waiting.delete(step);
      if (step()) this.waiting.add(step);
      if (performance.now() >= endsAt) break;
    }
    this.isDue = false;
    this.goOn();
  }
}

/**
 * Ends the process with code 0, after which a node starts the task again, when the main loop has not turned for ten
 * seconds, because of an endless loop or a debugger that pauses it. Nothing is saved then. A machine that sleeps and a
 * process that is stopped don't count as hangs, since the thread that counts the seconds stops with them. A thread that
 * is blocked in a system call, not in JavaScript, can't be ended before the call returns.
 * @param warn is called once if there is no watchdog, or no longer one; the process goes on without it
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
      // Without the loader that tests and tools give the main thread.
      execArgv: [],
    });
    const beat = setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS).unref();
    thread.on('error', (error) => (reason = error.message));
    thread.on('exit', () => {
      clearInterval(beat);
      warn(`nothing watches over the main loop: ${reason}`);
    });
    // The watchdog must not keep the process alive.
    thread.unref();
  } catch (error) {
    warn(`nothing watches over the main loop: ${String(error)}`);
  }
}

/** What the watchdog's thread is started with. */
interface WatchdogData {
  /** Its only entry changes while the main loop turns. */
  beats: Int32Array;
  tickMs: number;
  /** Ticks without a beat after which the process is ended. */
  maxMissedBeats: number;
  /** Written to stdout first. */
  lastWords: string;
  /** JavaScript that ends the process, run in the main thread. */
  end: string;
}

/**
 * The whole program of the watchdog's thread, passed as text. It uses nothing but its arguments, and has no named
 * functions inside: the tests' loader would wrap each in a helper that the thread doesn't have.
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
    // Opened only when needed: the end of the process waits for an open session, and Node 18.12 aborts when one is
    // closed.
    const session = new Session();
    session.connectToMainThread();
    try {
      // Doesn't wait for a pipe that nobody reads, except on Windows: starting a thread opens process.stdout, which
      // makes the pipe non-blocking.
      writeSync(1, lastWords);
    } catch {
      // The pipe is full, or closed.
    }
    session.post('Runtime.evaluate', { expression: end });
  }, tickMs);
}
