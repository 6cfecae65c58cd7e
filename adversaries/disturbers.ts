import { randomBytes } from 'node:crypto';
import { selectListMaker } from '../simulator/selection';
import { auditTime } from '../src/distribution/list-rules';
import { submissionsOf } from '../src/koii/chain';
import { ledger } from '../src/koii/ledger';
import { randomProof } from './forgery';
import { ownKey, type Lifecycle } from './honest';
import { callOwnNode } from './node';
import { chain, everyRound, submissionTime, until } from './own-time';

// Cheaters that submit what is worth nothing, to keep others from being paid.

const idle = () => Promise.resolve();

/** Honest but for proofs that only look like some: two of them made a lone honest node doubt its own seed once. */
export const junk: Partial<Lifecycle> = {
  task: idle,
  submission: () => Promise.resolve(randomProof()),
};

/** Submits last, with a string for which the SDK selects it, and then makes no list and votes on none. */
export const silent: Partial<Lifecycle> = {
  async setup() {
    Object.assign(ledger, { handIn: idle, vote: idle });
    await everyRound(idle).setup();
  },
  task: idle,
  async submission(round) {
    await until(submissionTime(await chain.windows(), 0.9));
    return selectedString(round);
  },
  distribution: () => new Promise(() => undefined),
};

/** More tries than it ever takes among a hundred submitters. */
const MOST_TRIES = 500;

async function selectedString(round: number): Promise<string> {
  const self = await ownKey();
  const others = await submissionsOf(round);
  const earlier = [round - 1, round - 2].filter((r) => r >= 0);
  const earlierSubmitters = await Promise.all(
    earlier.map(async (r) => new Set(Object.keys(await submissionsOf(r)))),
  );
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const entries = Object.entries({ ...others, [self]: `silent-${tries}` });
    // As nodes get them from the chain.
    const submissions = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    const failedMakers = new Set<string>();
    const input = { submissions, earlierSubmitters, failedMakers, isPreviousFailed: false };
    if (selectListMaker(input) === self) return submissions[self]!;
  }
  return 'silent';
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
