import { Worker } from 'node:worker_threads';
import { availableAddons } from '../kernels/native';
import type { ThreadData } from './messages';
import { threadProgram } from './thread-program';

/**
 * A thread's heap holds 6 to 9 MB, whatever it hashes with. A thread that exceeds the limit ends, and is started again
 * like any other. The size that V8 would choose for the young generation takes 1 to 5 MB more per thread.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 1 };

/** Built once. */
let program: string | undefined;

/** Starts a worker thread that runs program.ts. Not in mining-thread.ts, which is as long as a file should be. */
export function startThread(name: string, data: Omit<ThreadData, 'addons'>): Worker {
  program ??= threadProgram();
  const workerData: ThreadData = { ...data, addons: availableAddons() };
  return new Worker(program, {
    eval: true,
    name,
    workerData,
    resourceLimits: RESOURCE_LIMITS,
    // Without the loader that tests and tools have in the main thread.
    execArgv: [],
  });
}
