import { displayHash } from '../bitcoin/target';
import { extranonceOf } from '../mining/search';
import { shareOf, type Share } from '../proof/share';
import type { Miner } from '../rounds/miner';
import type { Round } from '../rounds/round';
import type { ShareLog } from '../rounds/share-log';
import { packAttempt } from '../rounds/share-record';
import { KnownShares, type KnownShare } from './known-shares';
import type { RemoteWorker } from './remote-worker';
import type { Workers } from './workers';

/** A share as a remote worker submits it, strictly parsed. */
export interface ShareSubmission {
  workerId: string;
  submissionId: string;
  /** What the worker says the header hashes to. */
  hashValue: bigint;
  blockHeight: number;
  /** What makes the hash more than a claim. */
  proof: { extranonce2: number; nonce: number; versionBits: number } | undefined;
}

export type Rejection = 'wrong_height' | 'no_proof' | 'wrong_hash' | 'above_target';
export type Conflict = 'duplicate_share' | 'submission_id_taken' | 'round_over';

export type Outcome =
  | { outcome: 'accepted' | 'repeated'; hashValue: bigint; best: boolean }
  | { outcome: 'rejected'; reason: Rejection }
  | { outcome: 'conflict'; reason: Conflict }
  | { outcome: 'unknown_round' };

/** The store takes no writes now, so no share can be accepted. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** Shares of this and the last round are known: a worker may repeat one it got no answer to. */
const KNOWN_ROUNDS = 2;

export interface ShareIntakeOptions {
  miner: Miner;
  workers: Workers;
  shares: ShareLog;
}

/** Takes shares of remote workers: believes nothing but what it has hashed itself. */
export class ShareIntake {
  private readonly known = new Map<number, KnownShares>();
  private conflicts = 0;

  constructor(private readonly options: ShareIntakeOptions) {}

  /** Submissions that were neither valid nor invalid, since this process started. */
  get conflictCount(): number {
    return this.conflicts;
  }

  /**
   * Judges a share; one that is accepted is in the store when this resolves.
   * @throws StoreError when the store takes no writes.
   */
  async submit(roundNumber: number, submission: ShareSubmission): Promise<Outcome> {
    const { miner, shares } = this.options;
    if (!shares.writable) await stored(shares.flush());
    const round = await miner.round(roundNumber);
    if (!round) return { outcome: 'unknown_round' };
    // No await from here to the entry in the log: submissions that come together are judged one by one.
    const known = this.knownOf(round);
    const earlier = known.withId(submission.submissionId);
    if (earlier) {
      if (!isRepeat(submission, earlier, round)) return this.conflict('submission_id_taken');
      // Its first submission may still be on its way to the store, or have failed there.
      await stored(shares.flush());
      return { outcome: 'repeated', hashValue: earlier.hashValue, best: earlier.best };
    }
    if (miner.miningRound !== roundNumber) return this.conflict('round_over');
    if (submission.blockHeight !== round.template.height) {
      return this.reject(round, submission, 'wrong_height');
    }
    if (!submission.proof) return this.reject(round, submission, 'no_proof');
    const found = this.rebuild(round, submission);
    if (!found) return this.reject(round, submission, 'wrong_hash');
    return this.judge(round, submission, found, known);
  }

  private async judge(
    round: Round,
    submission: ShareSubmission,
    { share, worker }: { share: Share; worker: RemoteWorker },
    known: KnownShares,
  ): Promise<Outcome> {
    const { miner, workers, shares } = this.options;
    const { workerId, submissionId } = submission;
    const { hashValue } = share;
    const key = keyOf(share);
    if (known.withKey(key)) return this.conflict('duplicate_share');
    if (hashValue > worker.acceptedTarget) {
      return this.reject(round, submission, 'above_target', share);
    }
    const admission = miner.admit(round, share);
    if (admission === 'duplicate') return this.conflict('duplicate_share');
    const best = admission === 'best';
    known.add({ submissionId, workerId, key, hashValue, best });
    (worker === workers.shared ? worker : workers.register(workerId)).accepted(hashValue);
    const hash = displayHash(hashValue);
    await stored(
      shares.keep({ round: round.number, workerId, submissionId, hash, attempt: share, best }),
    );
    return { outcome: 'accepted', hashValue, best };
  }

  /** The header that gives the hash: on the worker's own work, or on that of workers without an id. */
  private rebuild(
    round: Round,
    { workerId, hashValue, proof }: ShareSubmission,
  ): { share: Share; worker: RemoteWorker } | undefined {
    const { workers } = this.options;
    const { extranonce2, nonce, versionBits } = proof!;
    for (const worker of [workers.find(workerId), workers.shared]) {
      const extranonce = extranonceOf(worker.extranonce1, extranonce2);
      const share = shareOf(round.template, { extranonce, versionBits, nonce });
      if (share.hashValue === hashValue) return { share, worker };
    }
    return undefined;
  }

  private reject(
    round: Round,
    { workerId, submissionId, hashValue }: ShareSubmission,
    reason: Rejection,
    attempt?: Share,
  ): Outcome {
    round.reject();
    this.options.shares.note({
      ...{ round: round.number, workerId, submissionId, best: false, reason },
      hash: displayHash(hashValue),
      ...(attempt && { attempt }),
    });
    return { outcome: 'rejected', reason };
  }

  private conflict(reason: Conflict): Outcome {
    this.conflicts++;
    return { outcome: 'conflict', reason };
  }

  private knownOf(round: Round): KnownShares {
    const existing = this.known.get(round.number);
    if (existing) return existing;
    const known = new KnownShares();
    for (const logged of this.options.shares.restoredOf(round.number)) {
      const { submissionId, workerId, attempt, hash, best, reason } = logged;
      if (reason !== undefined || !attempt) continue;
      const hashValue = BigInt(`0x${hash}`);
      known.add({ submissionId, workerId, key: keyOf(attempt), hashValue, best });
    }
    this.known.set(round.number, known);
    const oldest = [...this.known.keys()].sort((a, b) => b - a)[KNOWN_ROUNDS];
    if (oldest !== undefined) this.known.delete(oldest);
    return known;
  }
}

function keyOf(attempt: Parameters<typeof packAttempt>[0]): string {
  return packAttempt(attempt).toString('latin1');
}

/** Whether a submission is one that was accepted before, in every field that means something. */
function isRepeat(submission: ShareSubmission, earlier: KnownShare, round: Round): boolean {
  const { workerId, hashValue, blockHeight, proof } = submission;
  if (!proof) return false;
  const key = Buffer.from(earlier.key, 'latin1');
  const extranonce = extranonceOf(key.readUInt16BE(0), proof.extranonce2);
  return (
    workerId === earlier.workerId &&
    hashValue === earlier.hashValue &&
    blockHeight === round.template.height &&
    earlier.key === keyOf({ ...proof, extranonce })
  );
}

async function stored(write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (cause) {
    throw new StoreError('the store takes no writes now', { cause });
  }
}
