import { namespaceWrapper } from '@_koii/namespace-wrapper';
import { taskRunner, type DistributionList } from '@_koii/task-manager';
import { honest, ownKey, type Lifecycle } from './honest';

// Cheaters that lie in distribution lists. Those that make them do it every round: the ledger takes a list from
// whoever has a stake, selected or not. As auditors of other lists they are honest; the one that vetoes is not.

type Lie = (list: DistributionList, self: string) => DistributionList;

/** A list-maker whose lists are the honest ones, changed. Of several lies the ledger takes the first that it lets pass. */
function dishonestListMaker(...lies: [Lie, ...Lie[]]): Partial<Lifecycle> {
  return {
    async submission(round) {
      // The list of a round is due in the window in which the next round's submissions are.
      if (round > 0) void taskRunner.submitDistributionList(round - 1);
      return honest.submission(round);
    },
    async distribution(submitters, bounty, round) {
      const list = await honest.distribution(submitters, bounty, round);
      if (!(await isMakingLists())) return list;
      const self = await ownKey();
      // The SDK would put zeros in the place of a list that breaks its rules: these get there first.
      for (const lie of lies) {
        await namespaceWrapper.uploadDistributionList(lie(list, self), round);
        await namespaceWrapper.distributionListSubmissionOnChain(round);
      }
      return lies[0](list, self);
    },
  };
}

export const greedy = dishonestListMaker((list, self) => {
  const bounty = Object.values(list).reduce((sum, amount) => sum + Math.max(0, amount), 0);
  const nothing = Object.keys(list).map((key) => [key, 0] as const);
  return { ...Object.fromEntries(nothing), [self]: bounty };
});

export const omit = dishonestListMaker((list, self) => {
  const victim = bestPaidBut(self, list);
  return Object.fromEntries(Object.entries(list).filter(([key]) => key !== victim));
});

/** More than the bounty, which the ledger refuses; then too much for itself, out of another's share. */
export const overpay = dishonestListMaker(
  (list) => Object.fromEntries(Object.entries(list).map(([key, amount]) => [key, 2 * amount])),
  (list, self) => {
    const victim = bestPaidBut(self, list);
    const stolen = Math.floor(list[victim]! / 2);
    return { ...list, [victim]: list[victim]! - stolen, [self]: list[self]! + stolen };
  },
);

/** Makes the right lists, and finds every other's different from its own. */
export const veto: Partial<Lifecycle> = {
  async distribution(submitters, bounty, round) {
    const list = await honest.distribution(submitters, bounty, round);
    if (await isMakingLists()) return list;
    return Object.fromEntries(Object.keys(list).map((key) => [key, 0]));
  },
};

function bestPaidBut(self: string, list: DistributionList): string {
  const others = Object.entries(list).filter(([key]) => key !== self);
  return others.reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}

/** Lists are made in the first window of a round; later it is as an auditor that a node is asked for one. */
async function isMakingLists(): Promise<boolean> {
  const state = await namespaceWrapper.getTaskState({});
  if (!state) return false;
  const slot = await namespaceWrapper.getSlot();
  return (slot - state.starting_slot) % state.round_time < state.submission_window;
}
