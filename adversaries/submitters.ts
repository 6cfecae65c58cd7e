import { setTimeout as sleep } from 'node:timers/promises';
import { namespaceWrapper } from '@_koii/namespace-wrapper';
import { submissionsOf } from '../src/koii/chain';
import type { Round } from '../src/rounds/round';
import { taskContext } from '../src/task/context';
import { roundSeed } from '../src/work/seed';
import {
  MALFORMATIONS,
  proofOf,
  randomProof,
  withRepeatedShare,
  withSharesAboveFloor,
} from './forgery';
import { honest, ownKey, type Lifecycle } from './honest';

// Cheaters that lie in what they submit.

const idle = () => Promise.resolve();

export const copy: Partial<Lifecycle> = {
  task: idle,
  submission: proofOfAnother,
};

/** Waits until somebody else has submitted a valid proof, for at most about three seconds. */
async function proofOfAnother(round: number): Promise<string | undefined> {
  const { auditor } = await taskContext();
  const self = await ownKey();
  for (let tries = 0; tries < 30; tries++) {
    for (const [submitter, proof] of Object.entries(await submissionsOf(round))) {
      if (submitter === self) continue;
      const { valid } = await auditor.audit(round, { submitter, proof });
      if (valid) return proof;
    }
    await sleep(100);
  }
  return undefined;
}

export const forge: Partial<Lifecycle> = {
  task: idle,
  submission: () => Promise.resolve(randomProof()),
};

export const inflate: Partial<Lifecycle> = {
  async submission(round) {
    const mined = await closedRound(round);
    if (!mined) return;
    const repeated = round % 2 === 1 ? withRepeatedShare(mined.shares) : undefined;
    return repeated ?? withSharesAboveFloor(mined.template, mined.shares);
  },
};

let firstProof: string | void;
export const replay: Partial<Lifecycle> = {
  async submission(round) {
    firstProof ??= await honest.submission(round);
    return firstProof;
  },
};

/** What the seed of a round is if nobody submits two rounds before: all that is known ahead. */
async function guessedSeed(round: number): Promise<Buffer> {
  const { miner } = await taskContext();
  return roundSeed(miner.identity.taskId, round, {});
}

export const premine: Partial<Lifecycle> = {
  task: async (round) => mine(round + 1, await guessedSeed(round + 1)),
  submission: unconfirmedProof,
};

export const stale: Partial<Lifecycle> = {
  async task(round) {
    const { seeds } = await taskContext();
    await mine(round, round === 0 ? await guessedSeed(1) : await seeds.of(round - 1));
  },
  submission: unconfirmedProof,
};

export const malform: Partial<Lifecycle> = {
  async submission(round) {
    const proof = await unconfirmedProof(round);
    if (proof === undefined) return;
    const malformed = MALFORMATIONS[round % MALFORMATIONS.length]!.of(proof);
    // The SDK holds back what is too long: whoever means it goes past the SDK.
    await namespaceWrapper.checkSubmissionAndUpdateRound(malformed, round);
    return malformed;
  },
};

const FEW = 3;
export const lazy: Partial<Lifecycle> = {
  async submission(round) {
    const mined = await closedRound(round);
    if (!mined || mined.shares.length === 0 || round % 2 === 0) return;
    return proofOf(mined.shares.slice(0, FEW));
  },
};

async function mine(round: number, seed: Buffer): Promise<void> {
  const { settings, miner } = await taskContext();
  await miner.mine(round, seed, settings.current.MINING_SECONDS * 1000);
}

async function closedRound(round: number): Promise<Round | undefined> {
  const { miner } = await taskContext();
  return miner.close(round);
}

/** What was mined, whatever seed it was mined on. */
async function unconfirmedProof(round: number): Promise<string | undefined> {
  return (await closedRound(round))?.proof();
}
