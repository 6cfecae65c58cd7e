import { randomBytes } from 'node:crypto';
import { namespaceWrapper } from '@_koii/namespace-wrapper';
import { selectListMaker } from '../simulator/selection';
import { auditTime } from '../src/distribution/list-rules';
import { ledger } from '../src/koii/ledger';
import { monotonicClock as clock } from '../src/process/clock';
import { randomProof } from './forgery';
import { ownKey, type Lifecycle } from './honest';
import { turnOf } from './mining';
import { callOwnNode } from './node';
import { chain, everyRound, submissionTime, until } from './round-timing';

// Cheaters that submit worthless values to keep others from being paid.

const idle = () => Promise.resolve();

/** Honest except for fake proofs: two of them once made a lone honest node doubt its own seed. */
export const junk: Partial<Lifecycle> = {
  task: idle,
  submission: (round) => Promise.resolve(randomProof(turnOf(round))),
};

/** Submits last, a string chosen so that the SDK selects it; then makes no list and votes on none. */
export const silent: Partial<Lifecycle> = {
  async setup() {
    Object.assign(ledger, { handIn: idle, vote: idle });
    await everyRound(idle).setup();
  },
  task: idle,
  async submission(round) {
    await until(submissionTime(await chain.windows(), 0.85));
    return selectedString(round);
  },
  distribution: () => new Promise(() => undefined),
};

/** How many slots ahead it aims, and by how many it may miss: the SDK hashes a submission together with its slot. */
const AHEAD_SLOTS = 30;
const AIMED_SLOTS = 3;
const MOST_TRIES = 400;

type Entry = Record<'submission_value' | 'slot' | 'round', unknown>;

async function submissionsOf(round: number): Promise<Record<string, Entry>> {
  const info = await namespaceWrapper.getTaskSubmissionInfo(round);
  const { submissions } = info as { submissions: Record<string, Record<string, Entry>> };
  return submissions[round] ?? {};
}

/** Resolves when it is time to submit the string. */
async function selectedString(round: number): Promise<string> {
  const self = await ownKey();
  const others = await submissionsOf(round);
  const earlier = [round - 1, round - 2].filter((r) => r >= 0);
  const earlierSubmitters = await Promise.all(
    earlier.map(async (r) => new Set(Object.keys(await submissionsOf(r)))),
  );
  const [slotMs, slot] = [
    await namespaceWrapper.getAverageSlotTime(),
    await namespaceWrapper.getSlot(),
  ];
  const aimedAt = clock.now() + AHEAD_SLOTS * slotMs;
  const isSelected = (value: string, slots: number): boolean => {
    const entry = { submission_value: value, slot: slot + AHEAD_SLOTS + slots, round };
    const entries = Object.entries({ ...others, [self]: entry });
    // As nodes get them from the chain.
    const submissions = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    const failedMakers = new Set<string>();
    const input = { submissions, earlierSubmitters, failedMakers, isPreviousFailed: false };
    return selectListMaker(input) === self;
  };
  let best = { value: 'silent', slots: 0 };
  for (let tries = 0; tries < MOST_TRIES && best.slots < AIMED_SLOTS; tries++) {
    const value = `silent-${tries}`;
    const slots = [...Array(AIMED_SLOTS).keys()].filter((each) => isSelected(value, each)).length;
    if (slots > best.slots) best = { value, slots };
  }
  await until(aimedAt);
  return best.value;
}

/** While penalties depended on stakes, such a change made every honest node compute a different list. */
export const stakeRace: Partial<Lifecycle> = {
  ...everyRound(async (windows) => {
    await until(submissionTime(windows, 0.5));
    await callOwnNode('addStake', 3);
    await until(auditTime(windows, 0.02));
    await callOwnNode('addStake', -2);
  }),
  task: idle,
  submission: () => Promise.resolve('garbage'),
};

/** As the round begins, when only some nodes may have read its seed; in odd rounds, when all are mining. */
const LATE_PARTS = [0, 0.5];

/** Submits for two rounds ago, which changes the current round's seed, if the ledger accepts late submissions. */
export const lateSubmission: Partial<Lifecycle> = {
  ...everyRound(async (windows) => {
    const { round } = windows;
    if (round < 2) return;
    await until(submissionTime(windows, LATE_PARTS[round % 2]!));
    await callOwnNode('submitRaw', `late-${randomBytes(6).toString('hex')}`, round - 2);
  }),
  task: idle,
  submission: idle,
};
