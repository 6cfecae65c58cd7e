import { displayHash, reversedHashValue } from '../bitcoin/target';
import { shareOf, type Share } from '../proof/shares';
import type { Attempt } from '../work/attempt';
import type { Identity } from '../work/identity';
import type { Job, Jobs } from '../workers/jobs';
import { KnownShares, type KnownShare, type Rolled } from './known-shares';
import { Round } from './round';
import type { RoundKeeper } from './round-keeper';
import { fromPacked, type RoundRecord } from './round-record';
import { LOCAL_WORKER, type JudgedShare, type LoggedShare } from './share-batches';
import type { ShareLog } from './share-log';

/** An attempt found on a job, yet to be judged. */
export interface FoundShare {
  job: Job;
  attempt: Attempt;
  /** Who found it: a remote worker's id, or LOCAL_WORKER. */
  workerId: string;
  /** That worker's own id for it: 1 to 64 of A-Z a-z 0-9 . _ : @ - */
  submissionId: string;
  /** The header hash that the worker claims. */
  claimedHash?: bigint;
}

/** Why something is not a share. */
export type Rejection =
  'wrong_height' | 'wrong_difficulty' | 'incomplete_proof' | 'wrong_hash' | 'above_target';

export type ShareOutcome =
  | {
      outcome: 'accepted';
      share: Share;
      /** Whether it is one of the K lowest of its segment. */
      best: boolean;
      /**
       * For a remote worker's share: resolves once a kill can't lose it, rejects when it could not be stored. For the
       * threads' own: resolves at once.
       */
      stored: Promise<void>;
    }
  /** isReversed: it would be right if the bytes of its hash were reversed */
  | { outcome: 'rejected'; reason: Rejection; isReversed: boolean }
  | { outcome: 'conflict'; reason: 'duplicate_share' | 'round_over' };

/** Accepted shares of this round and the last are remembered: a worker may repeat one it got no answer to. */
const KNOWN_ROUNDS = 2;

/** Saves the round whose shares are taken. */
export type ShareKeeper = Pick<RoundKeeper, 'saveSoon' | 'store'>;

interface OpenedRound {
  round: Round;
  keeper: ShareKeeper;
  onBest: () => void;
}

export interface ShareIntakeOptions {
  identity: Identity;
  jobs: Jobs;
  shares: ShareLog;
}

/**
 * The one door for shares, whoever found them. Nothing else hashes a share of this node, lets it into a round, logs or
 * counts it. What an earlier process took in comes back through it too.
 */
export class ShareIntake {
  private readonly known = new Map<number, KnownShares>();
  private opened: OpenedRound | undefined;

  constructor(private readonly options: ShareIntakeOptions) {}

  /**
   * Takes shares of this round, and of no other, from now on.
   * @param onBest called when a share is among the K lowest of its segment
   */
  open(round: Round, keeper: ShareKeeper, onBest: () => void): void {
    this.opened = { round, keeper, onBest };
  }

  /** Takes no more shares of a round. */
  close(round: Round): void {
    if (this.opened?.round === round) this.opened = undefined;
  }

  /** The share of a round accepted earlier with this hash, if `rolled` is what produced it. */
  earlier(round: number, hashValue: bigint, rolled: Rolled): KnownShare | undefined {
    return this.knownOf(round).find(hashValue, rolled);
  }

  /** Hashes what was found once, then judges, admits, logs and counts it. Never waits. */
  take({ job, attempt, workerId, submissionId, claimedHash }: FoundShare): ShareOutcome {
    if (this.opened?.round.number !== job.round) return conflict('round_over');
    const { round, keeper, onBest } = this.opened;
    const share = shareOf(job.template, attempt, job.segment);
    const { hashValue, segment } = share;
    if (claimedHash !== undefined && hashValue !== claimedHash) {
      const isReversed = reversedHashValue(claimedHash) === hashValue;
      const from = { workerId, submissionId, hashValue: claimedHash };
      return this.refuse(round, from, 'wrong_hash', { isReversed });
    }
    if (hashValue > job.target) {
      return this.refuse(round, { workerId, submissionId, hashValue }, 'above_target', { share });
    }
    const known = this.knownOf(round.number);
    const admission = known.has(hashValue) ? 'duplicate' : round.admit(share);
    if (admission === 'duplicate') return conflict('duplicate_share');
    const best = admission === 'best';
    known.add({ workerId, submissionId, hashValue, rolled: attempt, best });
    const logged = {
      round: round.number,
      workerId,
      submissionId,
      best,
      hash: displayHash(hashValue),
      attempt,
      segment,
    };
    const isLocal = workerId === LOCAL_WORKER;
    const stored = isLocal ? this.note(logged) : this.keep(round, keeper, job, hashValue, logged);
    if (best) {
      keeper.saveSoon();
      onBest();
    }
    return { outcome: 'accepted', share, best, stored };
  }

  /**
   * Logs and counts something that is not a share.
   * @param from its hashValue is the real hash, or the claimed one when nothing was shown that gives it
   * @param share what was shown, if it has this hash
   */
  refuse(
    round: Round,
    from: { workerId: string; submissionId: string; hashValue: bigint },
    reason: Rejection,
    { share, isReversed = false }: { share?: Share; isReversed?: boolean } = {},
  ): Extract<ShareOutcome, { outcome: 'rejected' }> {
    const { workerId, submissionId, hashValue } = from;
    round.reject();
    this.options.shares.note({
      round: round.number,
      workerId,
      submissionId,
      best: false,
      reason,
      hash: displayHash(hashValue),
      ...(share && { attempt: share, segment: share.segment }),
    });
    return { outcome: 'rejected', reason, isReversed };
  }

  /**
   * Restores a round from its record and from what was logged after that was written. Everything is hashed again, so
   * neither can claim more than it holds.
   * @returns undefined when it was mined for another account
   * @throws RangeError when the record is garbage
   */
  restore(record: RoundRecord): Round | undefined {
    const { identity, shares } = this.options;
    const round = Round.restore(identity, record);
    if (!round) return undefined;
    const { templates } = round;
    for (const [segment, { shares: packed }] of record.segments.entries()) {
      for (const each of packed)
        round.enter(shareOf(templates[segment]!, fromPacked(each), segment));
    }
    shares.goOnAbove(round.countedUntil);
    for (const logged of shares.restoredOf(round.number)) {
      if (logged.place > round.countedUntil) replay(round, logged);
    }
    return round;
  }

  /** Resolves once a kill can't lose any share accepted from a worker. @throws while the store takes no writes */
  async settle(): Promise<void> {
    await this.options.shares.settle();
    if (this.opened) await storeSegments(this.opened.round, this.opened.keeper);
  }

  /** Logs a share of this node's own threads, for which nobody waits. */
  private note(share: JudgedShare): Promise<void> {
    this.options.shares.note(share);
    return Promise.resolve();
  }

  /** Credits a remote worker with a share and logs it. Resolves when a later process will find it. */
  private async keep(
    round: Round,
    keeper: ShareKeeper,
    job: Job,
    hashValue: bigint,
    share: JudgedShare,
  ): Promise<void> {
    const { jobs, shares } = this.options;
    jobs.accepted(round, share.workerId, job, hashValue);
    await shares.keep(share);
    await storeSegments(round, keeper);
  }

  private knownOf(round: number): KnownShares {
    const existing = this.known.get(round);
    if (existing) return existing;
    const known = new KnownShares();
    for (const logged of this.options.shares.restoredOf(round)) {
      const { submissionId, workerId, attempt, hash, best, reason } = logged;
      if (reason !== undefined || !attempt) continue;
      known.add({ submissionId, workerId, hashValue: BigInt(`0x${hash}`), rolled: attempt, best });
    }
    // Asking for an old round must not push out one of the last.
    if (this.opened?.round.number !== round) return known;
    this.known.set(round, known);
    if (this.known.size > KNOWN_ROUNDS) this.known.delete(this.known.keys().next().value!);
    return known;
  }
}

function conflict(reason: 'duplicate_share' | 'round_over'): ShareOutcome {
  return { outcome: 'conflict', reason };
}

/** The log names a segment by its index in the round's record: without that record a share on it is lost. */
async function storeSegments(round: Round, keeper: ShareKeeper): Promise<void> {
  if (round.hasUnstoredSegment) await keeper.store(round);
}

/** Takes in a share logged after the round was saved. */
function replay(
  round: Round,
  { place, attempt, segment = 0, hash, reason, workerId }: LoggedShare,
): void {
  round.setCountedUntil(place);
  if (reason !== undefined) return round.reject();
  const template = round.templates[segment];
  if (!attempt || !template) return;
  const share = shareOf(template, attempt, segment);
  // Another hash: it was mined before the round turned out to have another seed.
  if (displayHash(share.hashValue) !== hash) return;
  round.admit(share);
  if (workerId !== LOCAL_WORKER) round.leases.prove(workerId, attempt.prefix);
}
