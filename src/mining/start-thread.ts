import { createRequire } from 'node:module';
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
  const files = [createRequire(__filename).resolve('tsx/cjs'), path.join(__dirname, 'thread.ts')];
  const code = files.map((file) => `require(${JSON.stringify(file)});`).join('');
  return new Worker(code, { ...options, eval: true });
}
