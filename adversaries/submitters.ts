import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { namespaceWrapper } from '@_koii/namespace-wrapper';
import type { WorkSourceId } from '../src/consensus';
import { submissionsOf } from '../src/koii/chain';
import { taskContext } from '../src/task/context';
import { roundSeed } from '../src/work/seed';
import { madeUpWork } from './bitcoin-work';
import {
  MALFORMATIONS,
  proofOf,
  randomProof,
  withPayout,
  withRepeatedShare,
  withSharesAboveFloor,
} from './forgery';
import { ownKey, type Lifecycle } from './honest';
import { mine, mined, seedOf, turnOf, unconfirmedProof } from './mining';

// Cheaters with false submissions, and one whose submissions are true.

const idle = () => Promise.resolve();

/** Mines as it should, but submits something else. */
const minesRight = { task: async (round: number) => mine(round, await seedOf(round)) };

export const copy: Partial<Lifecycle> = {
  task: idle,
  submission: proofOfAnother,
};

/**
 * A valid proof of the source whose turn it is or, if nobody submits one in about three seconds, of the other. A block
 * found with it would pay the copier.
 */
async function proofOfAnother(round: number): Promise<string | undefined> {
  const { auditor } = await taskContext();
  const self = await ownKey();
  let other: string | undefined;
  for (let tries = 0; tries < 30; tries++) {
    for (const [submitter, proof] of Object.entries(await submissionsOf(round))) {
      if (submitter === self) continue;
      // A seed still in doubt is confirmed by the proofs that come in.
      const verdict = await auditor.audit(round, { submitter, proof }).catch(() => undefined);
      if (!verdict?.valid) continue;
      other = withPayout(proof, randomBytes(20));
      if (verdict.source === turnOf(round)) return other;
    }
    await sleep(100);
  }
  return other;
}

export const forge: Partial<Lifecycle> = {
  task: idle,
  submission: (round) => Promise.resolve(randomProof(turnOf(round))),
};

export const inflate: Partial<Lifecycle> = {
  ...minesRight,
  async submission(round) {
    const found = await mined(round);
    if (!found) return;
    const repeated = round % 2 === 1 ? withRepeatedShare(found) : undefined;
    return repeated ?? withSharesAboveFloor(found);
  },
};

/** By work source. */
const firstProofs = new Map<WorkSourceId, string>();
export const replay: Partial<Lifecycle> = {
  ...minesRight,
  async submission(round) {
    const source = turnOf(round);
    const proof = firstProofs.get(source) ?? (await unconfirmedProof(round));
    if (proof !== undefined) firstProofs.set(source, proof);
    return proof;
  },
};

/** The seed of a round if nobody submits two rounds before, which is all that is known in advance. */
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
    await mine(round, round === 0 ? await guessedSeed(1) : await seedOf(round - 1));
  },
  submission: unconfirmedProof,
};

export const malform: Partial<Lifecycle> = {
  ...minesRight,
  async submission(round) {
    const proof = await unconfirmedProof(round);
    if (proof === undefined) return;
    const ways = MALFORMATIONS[turnOf(round)];
    // In every four rounds, two are of each source.
    const malformed = ways[(2 * Math.floor(round / 4) + (round % 2)) % ways.length]!.of(proof);
    // The SDK does not send what is too long, so this goes past the SDK.
    await namespaceWrapper.checkSubmissionAndUpdateRound(malformed, round);
    return malformed;
  },
};

const FEW = 3;
export const lazy: Partial<Lifecycle> = {
  ...minesRight,
  async submission(round) {
    const found = await mined(round);
    if (!found || found.shares.length === 0 || round % 2 === 0) return;
    return proofOf(found.work, found.shares.slice(0, FEW));
  },
};

/** Proves what it hashed. Templates that no Bitcoin node knows are allowed: they are not verified. */
export const templates: Partial<Lifecycle> = {
  task: async (round) => mine(round, await seedOf(round), madeUpWork(round)),
  submission: unconfirmedProof,
};
