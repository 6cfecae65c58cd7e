import { namespaceWrapper } from '@_koii/namespace-wrapper';
import { submissionsOf } from '../src/koii/chain';
import { taskContext } from '../src/task/context';
import { account, type Lifecycle } from './honest';

// Cheaters that vote falsely. The SDK asks about five submissions a round and keeps silent if a node agrees,
// so they vote on every submission themselves.

export const voteDown: Partial<Lifecycle> = {
  async audit(_submission, round) {
    await oncePer(round, () => voteOnAll(round, false, () => Promise.resolve(true)));
    return false;
  },
};

export const voteUp: Partial<Lifecycle> = {
  async audit(_submission, round) {
    await oncePer(round, () => voteOnAll(round, true, isInvalid));
    return true;
  },
};

let votedRound = -1;
async function oncePer(round: number, vote: () => Promise<void>): Promise<void> {
  if (round === votedRound) return;
  votedRound = round;
  await vote();
}

/** Casts one vote on every submission of a round that `concerns` this cheater. */
async function voteOnAll(
  round: number,
  isValid: boolean,
  concerns: (round: number, submitter: string, proof: string) => Promise<boolean>,
): Promise<void> {
  const voter = await account();
  const self = voter.publicKey.toBase58();
  for (const [submitter, proof] of Object.entries(await submissionsOf(round))) {
    if (submitter === self || !(await concerns(round, submitter, proof))) continue;
    // A PublicKey reaches the node as its base58 text in any case.
    const candidate = submitter as unknown as typeof voter.publicKey;
    await namespaceWrapper.auditSubmission(candidate, isValid, voter, round);
  }
}

async function isInvalid(round: number, submitter: string, proof: string): Promise<boolean> {
  const { auditor } = await taskContext();
  return !(await auditor.audit(round, { submitter, proof })).valid;
}
