import path from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';

const FROM_SOURCE = __filename.endsWith('.ts');

/**
 * Starts a worker thread that runs thread.ts. In the bundle everything is one file, which knows by
 * isMainThread what it is to be (main.ts). From source, in tests and tools, the TypeScript loader of
 * the main thread has to be set up again: it does not reach the first file of a worker.
 */
export function startThread(options: WorkerOptions): Worker {
  if (!FROM_SOURCE) return new Worker(__filename, options);
  const file = JSON.stringify(path.join(__dirname, 'thread.ts'));
  return new Worker(`require('tsx/cjs'); require(${file});`, { ...options, eval: true });
}
