import { isMainThread } from 'node:worker_threads';

// The standalone node: the same miner and API without Koii, also the Orca container. Bundled it is one
// file that is two programs, as src/main.ts is.
if (isMainThread) void import('./serve/serve');
else void import('../src/mining/thread');
