import { isMainThread } from 'node:worker_threads';
import { takeOverOutput } from '../src/process/output';

// The standalone node: the same miner and API without Koii, also the Orca container. Bundled it is one
// file that is two programs, as src/main.ts is.
if (isMainThread) {
  takeOverOutput();
  void import('./serve/serve');
} else void import('../src/mining/thread');
