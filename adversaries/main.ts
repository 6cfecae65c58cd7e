import { isMainThread } from 'node:worker_threads';
import type { KindName } from './kinds';

// One bundle for every kind of cheater. As with src/main.ts, the same file is started again for the mining threads.
if (!isMainThread) void import(/* webpackMode: "eager" */ '../src/mining/thread');

/** Starts the task with one lie in it. A node's executable is one line that calls this. */
export async function run(kind: KindName): Promise<void> {
  const { startTask } = await import(/* webpackMode: "eager" */ './task');
  startTask(kind);
}
