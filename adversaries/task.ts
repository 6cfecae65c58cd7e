import { initializeTaskManager } from '@_koii/task-manager';
import { voteDown, voteUp } from './auditors';
import { junk, lateSubmission, silent, stakeRace } from './disturbers';
import { honest, type Lifecycle } from './honest';
import type { KindName } from './kinds';
import {
  flood,
  greedy,
  lateList,
  majority,
  omit,
  overpay,
  rewrite,
  rewriteLate,
  slasher,
  twoFaced,
} from './list-makers';
import {
  copy,
  forge,
  inflate,
  lazy,
  malform,
  premine,
  replay,
  stale,
  templates,
} from './submitters';
import { lastVeto, lastVetoIdle, veto } from './vetoers';

/** What each kind does differently from the honest task. */
const LIES: Readonly<Record<KindName, Partial<Lifecycle>>> = {
  copy,
  forge,
  inflate,
  replay,
  premine,
  stale,
  malform,
  lazy,
  // Each of its two nodes is honest; running two of them is all it tries.
  split: {},
  templates,
  junk,
  silent,
  'stake-race': stakeRace,
  'late-submission': lateSubmission,
  'vote-down': voteDown,
  'vote-up': voteUp,
  greedy,
  omit,
  overpay,
  slasher,
  'two-faced': twoFaced,
  'late-list': lateList,
  rewrite,
  'rewrite-late': rewriteLate,
  flood,
  majority,
  veto,
  'last-veto': lastVeto,
  'last-veto-idle': lastVetoIdle,
};

/** What src/index.ts does, with the functions of a cheater. */
export function startTask(kind: KindName): void {
  initializeTaskManager({ ...honest, ...LIES[kind] });
}
