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

// Cheaters that submit what is worth nothing, to keep others from being paid.

const idle = () => Promise.resolve();

/** Honest but for proofs that only look like some: two of them made a lone honest node doubt its own seed once. */
export const junk: Partial<Lifecycle> = {
  task: idle,
  submission: (round) => Promise.resolve(randomProof(turnOf(round))),
};

/** Submits last, with a string for which the SDK selects it, and then makes no list and votes on none. */
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

/** So many slots ahead it aims, so many it may miss by: the SDK hashes the slot of a submission with it. */
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

/** While penalties were parts of stakes, such a change had every honest node compute another list. */
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

/** As the round begins, when some nodes may have read its seed and others not; in odd rounds when all are mining. */
const LATE_PARTS = [0, 0.5];

/** Submits for two rounds before, so that the seed of the round that runs is another. Late submissions have to be taken. */
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
