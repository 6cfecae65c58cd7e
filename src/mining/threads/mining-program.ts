import os from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { createKernel, type TellLevel } from '../kernels/choose';
import type { Kernel } from '../kernels/kernel';
import { nativeVariants, type NativeVariant, NoAddonError } from '../kernels/native';
import { Search } from '../search';
import { DutyCycle } from './duty-cycle';
import { type FromThread, type ThreadData, type ToThread, RingWriter } from './messages';

// What a mining thread does, without the SDK or a store. It searches what the engine tells it to, in batches short enough
// that it notices a new order at once.

/** A batch takes about this long, so a stop is obeyed within it. */
const BATCH_MS = 20;
/** Hashes in a batch: in the first one, and the bounds within which its size is fitted to the time. */
const FIRST_BATCH = 2 ** 14;
const MIN_BATCH = 2 ** 10;
const MAX_BATCH = 2 ** 26;
const PROGRESS_MS = 250;
/** A paused thread wakes up this often; a message wakes it at once. */
const PAUSE_MS = 60_000;

/** Mines until the thread is ended; to be called once, in a thread that startThread() made. */
export function mine(): void {
  const port = parentPort!;
  const { backend, ring, native } = workerData as ThreadData;
  const writer = new RingWriter<FromThread>(ring);
  const post = (message: FromThread): void => writer.post(message);

  try {
    // On Linux this affects only the thread, elsewhere the whole process.
    os.setPriority(os.constants.priority.PRIORITY_LOW);
  } catch (error) {
    post({ type: 'log', level: 'warn', message: `mining at normal priority: ${String(error)}` });
  }

  const notes: string[] = [];
  const kernel = chooseKernel();
  /** The order being searched; undefined after a stop. */
  let current: number | undefined;
  let search: Search | undefined;
  const duty = new DutyCycle();
  /** Ends the current rest, if there is one. */
  let wake = (): void => undefined;
  post({ type: 'ready', backend: kernel.backend, notes });

  /** Any backend is better than none: if the one asked for doesn't work, a log line says so and another is chosen. */
  function chooseKernel(): Kernel {
    const tell = (message: string, level: TellLevel): void => {
      notes.push(message);
      post({ type: 'log', level, message });
    };
    try {
      return createKernel(backend, tell, loadNative);
    } catch (error) {
      if (backend === 'auto') throw error;
      tell(`backend ${backend} is not usable, choosing another: ${String(error)}`, 'warn');
      return createKernel('auto', tell, loadNative);
    }
  }

  /** @throws Error when the engine has no native code that stood its trial. */
  function loadNative(): NativeVariant[] {
    if ('refusal' in native) {
      throw native.isFault ? new Error(native.refusal) : new NoAddonError(native.refusal);
    }
    const { file, sha256 } = native;
    return nativeVariants([{ sha256, place: () => file }]);
  }

  async function run(order: number): Promise<void> {
    let hashes = 0;
    let batch = FIRST_BATCH;
    let reportedAt = performance.now();
    let reported = search!.extranonce2;
    let isBegun = false;
    while (current === order) {
      if (duty.percent === 0) {
        await rest(PAUSE_MS);
        continue;
      }
      if (!isBegun) post({ type: 'begun', order, atNs: process.hrtime.bigint() });
      isBegun = true;
      const startedAt = performance.now();
      const result = search!.step(batch);
      const now = performance.now();
      hashes += result.hashes;
      if (result.found.length > 0) post({ type: 'found', order, attempts: result.found });
      const { extranonce2 } = search!;
      // A new extranonce2 is reported before it is searched: if this thread dies, the next one begins after it.
      if (now - reportedAt >= PROGRESS_MS || extranonce2 !== reported) {
        reportedAt = now;
        reported = extranonce2;
        post({ type: 'progress', order, hashes, extranonce2 });
      }
      const workedMs = now - startedAt;
      if (workedMs < BATCH_MS / 2) batch = Math.min(batch * 2, MAX_BATCH);
      else if (workedMs > BATCH_MS * 1.5) batch = Math.max(batch / 2, MIN_BATCH);
      const restMs = duty.restAfter(workedMs);
      if (restMs > 0) await rest(restMs);
      else await nextTurn();
    }
    post({ type: 'stopped', order, hashes });
  }

  /** Rests for a while, or until a message comes. */
  async function rest(ms: number): Promise<void> {
    const startedAt = performance.now();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    duty.rested(performance.now() - startedAt);
  }

  port.on('message', (message: ToThread) => {
    wake();
    switch (message.type) {
      case 'search':
        search = new Search(kernel, message.space, message.target);
        current = message.order;
        void run(message.order);
        break;
      case 'target':
        search?.setTarget(message.target);
        break;
      case 'intensity':
        duty.percent = message.percent;
        break;
      case 'stop':
        current = undefined;
        break;
    }
  });
}
