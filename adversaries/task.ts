import { initializeTaskManager } from '@_koii/task-manager';
import { voteDown, voteUp } from './auditors';
import { honest, type Lifecycle } from './honest';
import type { KindName } from './kinds';
import { greedy, omit, overpay, veto } from './list-makers';
import { copy, forge, inflate, lazy, malform, premine, replay, stale } from './submitters';

/** What each kind does otherwise than the honest task. */
const LIES: Readonly<Record<KindName, Partial<Lifecycle>>> = {
  copy,
  forge,
  inflate,
  replay,
  premine,
  stale,
  malform,
  lazy,
  // Each of its two nodes is honest: that there are two of them is all it tries.
  split: {},
  'vote-down': voteDown,
  'vote-up': voteUp,
  greedy,
  omit,
  overpay,
  veto,
};

/** What src/index.ts does, with a lie in it. */
export function startTask(kind: KindName): void {
  initializeTaskManager({ ...honest, ...LIES[kind] });
}
