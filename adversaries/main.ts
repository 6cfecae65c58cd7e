import type { KindName } from './kinds';

// One bundle for every kind of cheater.

/** Starts the task as one kind of cheater. A node's executable is one line that calls this. */
export async function run(kind: KindName): Promise<void> {
  const { startTask } = await import(/* webpackMode: "eager" */ './task');
  startTask(kind);
}
