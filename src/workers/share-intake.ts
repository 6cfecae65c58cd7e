import { displayHash, meetsDifficulty, reversedHashValue } from '../bitcoin/target';
import { FLOOR } from '../consensus';
import { shareOf, type Share } from '../proof/share';
import type { Miner } from '../rounds/miner';
import type { Round } from '../rounds/round';
import type { ShareLog } from '../rounds/share-log';
import { LOCAL_WORKER } from '../rounds/share-record';
import { extranonceOf } from '../work/attempt';
import { Claims, type Claim } from './claims';
import { KnownShares, proofOf, type ShareProof } from './known-shares';
import { extranonces1Of, SHARED_EXTRANONCE1, type Workers } from './workers';

/** A share as a remote worker submits it, strictly parsed. */
export interface ShareSubmission {
  workerId: string;
  /** Names the submission among those of its worker, to know a repeat by; says nothing of the share. */
  submissionId: string;
  /** What the worker says the header hashes to. */
  hashValue: bigint;
  /** What the worker says that hash has; looked at where nothing else is shown. */
  difficulty: number;
  blockHeight: number;
  /** What gives the hash; without any it is a claim. */
  proof: ShareProof | 'incomplete' | 'none';
}

export type Rejection =
  'wrong_height' | 'wrong_difficulty' | 'incomplete_proof' | 'wrong_hash' | 'above_target';
export type Conflict = 'duplicate_share' | 'round_over';

export type Outcome =
  | { outcome: 'accepted' | 'repeated'; hashValue: bigint; best: boolean }
  | { outcome: 'claimed'; isRepeated: boolean }
  /** isReversed: it would be right with the bytes of its hash in the other order */
  | { outcome: 'rejected'; reason: Rejection; isReversed: boolean }
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
  /** What was said to be found and not shown. */
  readonly claims = new Claims();

  constructor(private readonly options: ShareIntakeOptions) {}

  /** Submissions that were neither valid nor invalid, since this process started. */
  get conflictCount(): number {
    return this.conflicts;
  }

  /**
   * Judges a share by what was hashed, whatever it is called; one that is accepted is in the store when
   * this resolves.
   * @throws StoreError when the store takes no writes.
   */
  async submit(roundNumber: number, submission: ShareSubmission): Promise<Outcome> {
    const { miner, shares } = this.options;
    if (!shares.writable) await stored(shares.settle());
    const round = await miner.round(roundNumber);
    if (!round) return { outcome: 'unknown_round' };
    // No await from here to the entry in the log: submissions that come together are judged one by one.
    const { workerId, submissionId, hashValue, blockHeight, proof } = submission;
    if (proof === 'none') return this.claim(round, submission);
    const known = this.knownOf(round);
    const isHeightRight = blockHeight === round.template.height;
    const earlier =
      isHeightRight && proof !== 'incomplete' ? known.find(hashValue, proof) : undefined;
    if (earlier) {
      const isRepeat = workerId === earlier.workerId && submissionId === earlier.submissionId;
      if (!isRepeat) return this.conflict('duplicate_share');
      // Its first submission may still be on its way to the store, or have failed there.
      await stored(shares.settle());
      return { outcome: 'repeated', hashValue, best: earlier.best };
    }
    if (miner.miningRound !== roundNumber) return this.conflict('round_over');
    if (!isHeightRight) return this.reject(round, submission, 'wrong_height');
    if (proof === 'incomplete') return this.reject(round, submission, 'incomplete_proof');
    const found = this.rebuild(round, submission, proof);
    if ('share' in found) return this.judge(round, submission, found, known);
    return this.reject(round, submission, 'wrong_hash', found);
  }

  /** Judges what is shown by nothing: taken or not, it counts for nothing. */
  private claim(round: Round, submission: ShareSubmission): Outcome {
    const { miner, shares } = this.options;
    const { workerId, submissionId, hashValue, difficulty, blockHeight } = submission;
    const hash = displayHash(hashValue);
    const claim: Claim = { round: round.number, workerId, submissionId, hash, difficulty };
    const isHeightRight = blockHeight === round.template.height;
    if (isHeightRight && this.claims.has(claim)) return { outcome: 'claimed', isRepeated: true };
    if (miner.miningRound !== round.number) return this.conflict('round_over');
    if (!isHeightRight) return this.reject(round, submission, 'wrong_height');
    if (!meetsDifficulty(hashValue, difficulty)) {
      const isReversed = meetsDifficulty(reversedHashValue(hashValue), difficulty);
      return this.reject(round, submission, 'wrong_difficulty', { isReversed });
    }
    this.claims.add(claim, shares.lastPlace);
    return { outcome: 'claimed', isRepeated: false };
  }

  private async judge(
    round: Round,
    submission: ShareSubmission,
    { share, extranonce1 }: { share: Share; extranonce1: number },
    known: KnownShares,
  ): Promise<Outcome> {
    const { miner, workers, shares } = this.options;
    const { workerId, submissionId, hashValue } = submission;
    const { shared } = workers;
    const isShared = extranonce1 === shared.extranonce1;
    const target = (isShared ? shared : workers.find(workerId))?.acceptedTarget(round.number);
    // Of who lost its place it is not known what it was handed; it was no more than the floor.
    if (hashValue > (target ?? FLOOR)) {
      return this.reject(round, submission, 'above_target', { attempt: share });
    }
    const admission = miner.admit(round, share);
    if (admission === 'duplicate') return this.conflict('duplicate_share');
    const best = admission === 'best';
    known.add({ submissionId, workerId, hashValue, proof: proofOf(share), best });
    const worker = isShared ? shared : workers.prove(workerId, extranonce1);
    worker.accepted(round.number, hashValue);
    const hash = displayHash(hashValue);
    await stored(
      shares.keep({ round: round.number, workerId, submissionId, hash, attempt: share, best }),
    );
    return { outcome: 'accepted', hashValue, best };
  }

  /** The header that gives the hash: on work the worker may have been handed, or on that of workers without an id. */
  private rebuild(
    round: Round,
    { workerId, hashValue }: ShareSubmission,
    { extranonce2, ...rolled }: ShareProof,
  ): { share: Share; extranonce1: number } | { isReversed: boolean } {
    const others: bigint[] = [];
    for (const extranonce1 of [...extranonces1Of(workerId), SHARED_EXTRANONCE1]) {
      const extranonce = extranonceOf(extranonce1, extranonce2);
      const share = shareOf(round.template, { extranonce, ...rolled });
      if (share.hashValue === hashValue) return { share, extranonce1 };
      others.push(share.hashValue);
    }
    return { isReversed: others.includes(reversedHashValue(hashValue)) };
  }

  private reject(
    round: Round,
    { workerId, submissionId, hashValue }: ShareSubmission,
    reason: Rejection,
    { attempt, isReversed = false }: { attempt?: Share; isReversed?: boolean } = {},
  ): Outcome {
    round.reject();
    this.options.shares.note({
      ...{ round: round.number, workerId, submissionId, best: false, reason },
      hash: displayHash(hashValue),
      ...(attempt && { attempt }),
    });
    return { outcome: 'rejected', reason, isReversed };
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
      if (reason !== undefined || !attempt || workerId === LOCAL_WORKER) continue;
      const hashValue = BigInt(`0x${hash}`);
      known.add({ submissionId, workerId, hashValue, proof: proofOf(attempt), best });
    }
    // Who asks for old rounds makes none of the last ones forgotten.
    if (this.options.miner.miningRound !== round.number) return known;
    this.known.set(round.number, known);
    if (this.known.size > KNOWN_ROUNDS) this.known.delete(this.known.keys().next().value!);
    return known;
  }
}

async function stored(write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (cause) {
    throw new StoreError('the store takes no writes now', { cause });
  }
}
