import { randomBytes } from 'node:crypto';
import { namespaceWrapper } from '@_koii/namespace-wrapper';
import bs58 from 'bs58';
import type { Windows } from '../src/distribution/ledger';
import { auditTime } from '../src/distribution/list-rules';
import type { Payouts } from '../src/distribution/payouts';
import { ledger } from '../src/koii/ledger';
import { ownKey, type Lifecycle } from './honest';
import { callOwnNode } from './node';
import { chain, everyRound, rightList, until } from './round-timing';

// Cheaters that make false distribution lists, at the start of every round, whether drawn, selected or not: the
// ledger accepts a list from anybody with a stake. As auditors of others' lists they are honest.

/** A round whose list is due. */
interface Due {
  round: number;
  windows: Windows;
  right: Payouts;
  self: string;
}

function listMaker(makeList: (due: Due) => Promise<void>): Partial<Lifecycle> {
  const { setup } = everyRound(async (windows) => {
    void prepareNext(windows).catch(() => undefined);
    const round = windows.round - 2;
    const right = round < 0 ? {} : await rightList(round, windows);
    if (Object.keys(right).length === 0) return;
    await makeList({ round, windows, right, self: await ownKey() });
  });
  return {
    async setup() {
      const self = await ownKey();
      Object.assign(ledger, {
        handIn: () => Promise.resolve(),
        vote: (round: number, maker: string, isValid: boolean) =>
          chain.vote(round, maker, maker === self || isValid),
      });
      await setup();
    },
    // The SDK would replace the false list by the right one.
    distribution: () => new Promise(() => undefined),
  };
}

/** Makes the list that is due in the next round, so that a false one is there before any honest node's. */
async function prepareNext(windows: Windows): Promise<void> {
  await until(auditTime(windows, 0.1));
  if (windows.round > 0) await rightList(windows.round - 1, windows);
}

function allToOne(to: string, right: Payouts): Payouts {
  const nothing = Object.keys(right).map((key) => [key, 0] as const);
  return { ...Object.fromEntries(nothing), [to]: sumOf(right) };
}

function sumOf(list: Payouts): number {
  return Object.values(list).reduce((sum, amount) => sum + amount, 0);
}

function bestPaidBut(self: string, list: Payouts): string {
  const others = Object.entries(list).filter(([key]) => key !== self);
  return others.reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}

export const greedy = listMaker(({ round, right, self }) =>
  chain.handIn(round, allToOne(self, right)),
);

export const omit = listMaker(({ round, right, self }) => {
  const victim = bestPaidBut(self, right);
  const others = Object.entries(right).filter(([key]) => key !== victim);
  return chain.handIn(round, Object.fromEntries(others));
});

/** Pays more than the bounty, which the ledger refuses; then too much to itself, from another's share. */
export const overpay = listMaker(async ({ round, right, self }) => {
  const twice = Object.entries(right).map(([key, amount]) => [key, 2 * amount] as const);
  await chain.handIn(round, Object.fromEntries(twice)).catch(() => undefined);
  const victim = bestPaidBut(self, right);
  const stolen = Math.floor(right[victim]! / 2);
  const own = (right[self] ?? 0) + stolen;
  await chain.handIn(round, { ...right, [victim]: right[victim]! - stolen, [self]: own });
});

/** Negative amounts, which the ledger takes from stakes: half of the bounty from each. */
export const slasher = listMaker(({ round, right, self }) => {
  const amount = Math.floor(sumOf(right) / 2);
  const slashed = Object.keys(right).map((key) => [key, -amount] as const);
  return chain.handIn(round, { ...Object.fromEntries(slashed), [self]: amount });
});

/** Anybody who fetches a list by its maker's key finds the right one. */
export const twoFaced = listMaker(async ({ round, right, self }) => {
  await namespaceWrapper.uploadDistributionList({ ...right }, round);
  await nameInNewAccount(round, allToOne(self, right));
});

/** After the SDK's one look. */
export const lateList = listMaker(async ({ round, right, self, windows }) => {
  await until(auditTime(windows, 0.01));
  await chain.handIn(round, allToOne(self, right));
});

export const rewrite = rewriter(0.1);
export const rewriteLate = rewriter(0.975);

/** @param at when the right list becomes a false one, as a fraction of the audit window */
function rewriter(at: number): Partial<Lifecycle> {
  return listMaker(async ({ round, right, self, windows }) => {
    const account = await nameInNewAccount(round, right);
    await until(auditTime(windows, at));
    await writeAccount(account, round, allToOne(self, right));
  });
}

export const flood = listMaker(async ({ round, right, self }) => {
  await chain.handIn(round, allToOne(self, right));
  const keys = (await callOwnNode('extraKeys')) as string[];
  for (const [n, key] of keys.entries()) {
    const text = JSON.stringify(allToOne(key, right));
    await callOwnNode('asExtra', n, 'writeAccount', key, round, text);
    await callOwnNode('asExtra', n, 'nameList', key, round);
  }
});

/** More keys than honest nodes own every bounty (docs/SECURITY.md): here five keys vote their own list through. */
export const majority = listMaker(async ({ round, right, self, windows }) => {
  await chain.handIn(round, allToOne(self, right));
  const keys = (await callOwnNode('extraKeys')) as string[];
  await until(auditTime(windows, 0.1));
  const { lists } = await chain.lists(round, windows.round);
  for (const { maker } of lists) {
    const isOwn = maker === self;
    await chain.vote(round, maker, isOwn);
    for (const n of keys.keys()) {
      await callOwnNode('asExtra', n, 'distributionListAuditSubmission', maker, isOwn, round);
    }
  }
});

async function nameInNewAccount(round: number, list: Payouts): Promise<string> {
  const account = bs58.encode(randomBytes(32));
  await writeAccount(account, round, list);
  await callOwnNode('nameList', account, round);
  return account;
}

async function writeAccount(account: string, round: number, list: Payouts): Promise<void> {
  await callOwnNode('writeAccount', account, round, JSON.stringify(list));
}
