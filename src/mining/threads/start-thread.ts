import { Worker } from 'node:worker_threads';
import type { ThreadData } from './messages';
import { nativeCode } from './native-code';
import { threadProgram } from './thread-program';

/**
 * A thread's heap holds 6 to 9 MB, whatever it hashes with. A thread that exceeds the limit ends, and is started again
 * like any other. The size that V8 would choose for the young generation takes 1 to 5 MB more per thread.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 1 };

/**
 * Starts a worker thread that runs program.ts, when pendingTrial() for its backend is over. Not in mining-thread.ts, which
 * is as long as a file should be.
 */
export function startThread(name: string, data: Omit<ThreadData, 'native'>): Worker {
  const workerData: ThreadData = { ...data, native: nativeCode(data.backend) };
  return new Worker(threadProgram(), {
    eval: true,
    name,
    workerData,
    resourceLimits: RESOURCE_LIMITS,
    // Without the loader that tests and tools have in the main thread.
    execArgv: [],
  });
}
