import { isMainThread } from 'node:worker_threads';
import { mine } from './mining-program';
import { tryAddon } from './trial-program';

// The program in thread-program.ts: a mining thread or, as a process of its own, a trial of native code. One text for
// both, as both consist mostly of the kernels.

if (isMainThread) tryAddon();
else mine();
