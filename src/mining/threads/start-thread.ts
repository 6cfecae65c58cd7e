import { Worker } from 'node:worker_threads';
import { availableAddons } from '../kernels/native';
import type { ThreadData } from './messages';
import { threadProgram } from './thread-program';

/**
 * Its heap holds 6 to 9 MB whatever it hashes with; a thread that goes over it ends, and is started again as any other.
 * A young generation as large as V8 would have it takes 1 to 5 MB more of each thread.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 1 };

/** Made once. */
let program: string | undefined;

/** Starts a worker thread that runs program.ts. */
export function startThread(name: string, data: Omit<ThreadData, 'addons'>): Worker {
  program ??= threadProgram();
  const workerData: ThreadData = { ...data, addons: availableAddons() };
  return new Worker(program, {
    eval: true,
    name,
    workerData,
    resourceLimits: RESOURCE_LIMITS,
    // The loader of the main thread, in tests and tools.
    execArgv: [],
  });
}
