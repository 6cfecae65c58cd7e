import { namespaceWrapper } from '@_koii/namespace-wrapper';
import type { Windows } from '../src/distribution/ledger';
import { auditTime } from '../src/distribution/list-rules';
import { ledger } from '../src/koii/ledger';
import { ownKey, type Lifecycle } from './honest';
import { chain, everyRound, until } from './round-timing';

// Cheaters that vote against every list. They make the right one themselves if their proof allows it.

/** @param when gives the time in a round's windows at which it votes */
function vetoer(when: (windows: Windows) => Promise<number>): Partial<Lifecycle> {
  const { setup } = everyRound(async (windows) => {
    if (windows.round < 2) return;
    await until(await when(windows));
    await vetoAll(windows.round - 2, windows.round);
  });
  return {
    async setup() {
      Object.assign(ledger, { vote: () => Promise.resolve() });
      await setup();
    },
  };
}

async function vetoAll(round: number, dueIn: number): Promise<void> {
  const self = await ownKey();
  const { lists } = await chain.lists(round, dueIn);
  const others = lists.filter(({ maker }) => maker !== self);
  await Promise.all(others.map(({ maker }) => chain.vote(round, maker, false)));
}

export const veto = vetoer((windows) => Promise.resolve(auditTime(windows, 0.1)));

/** How many slots are left when it votes, and how long its calls take. */
const LAST_SLOTS = 2;
const CALLS_MS = 20;

export const lastVeto = vetoer(async (windows) => {
  await until(auditTime(windows, 0.9));
  // Computed again: over a whole round an estimate drifts.
  const { auditEndsAt } = await chain.windows();
  return auditEndsAt - LAST_SLOTS * (await namespaceWrapper.getAverageSlotTime()) - CALLS_MS;
});

export const lastVetoIdle: Partial<Lifecycle> = {
  ...lastVeto,
  task: () => Promise.resolve(),
  submission: () => Promise.resolve(),
};
