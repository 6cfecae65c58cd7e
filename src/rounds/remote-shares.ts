import { displayHash, meetsDifficulty, reversedHashValue } from '../bitcoin/target';
import type { Jobs, NamedJob } from '../workers/jobs';
import type { RejectedAs } from '../workers/worker';
import type { Rolled } from './known-shares';
import type { Miner } from './miner';
import type { Round } from './round';
import type { Rejection, ShareIntake } from './share-intake';
import type { ShareLog } from './share-log';

/** A share as a remote worker sends it, strictly parsed. */
export interface RemoteShare {
  workerId: string;
  /** The worker's own id for it: identifies a repeat, and means nothing else. */
  submissionId: string;
  /** The header hash that the worker claims. */
  hashValue: bigint;
  /** The difficulty that the worker claims for it; checked only when nothing is shown that gives the hash. */
  difficulty: number;
  blockHeight: number;
  /** The job it was found on; its worker's newest when left out. */
  jobId?: string;
  /** What gives the hash; with none, this is only a claim. */
  rolled: Rolled | 'incomplete' | 'none';
}

export type Conflict = 'duplicate_share' | 'round_over' | 'stale';

/** As what a refused share counts for its worker. */
const COUNTS_AS: Readonly<Record<Conflict | Rejection, RejectedAs>> = {
  duplicate_share: 'duplicate',
  round_over: 'stale',
  stale: 'stale',
  wrong_height: 'stale',
  above_target: 'low_difficulty',
  wrong_difficulty: 'invalid',
  incomplete_proof: 'invalid',
  wrong_hash: 'invalid',
};

export type Outcome =
  | { outcome: 'accepted' | 'repeated'; hashValue: bigint; best: boolean }
  | { outcome: 'claimed'; isRepeated: boolean }
  /** isReversed: it would be right if the bytes of its hash were reversed */
  | { outcome: 'rejected'; reason: Rejection; isReversed: boolean }
  | { outcome: 'conflict'; reason: Conflict }
  | { outcome: 'unknown_round' };

/** The store can't be written now, so no share can be accepted. */
export class UnwritableError extends Error {
  override readonly name = 'UnwritableError';
}

export interface RemoteSharesOptions {
  miner: Pick<Miner, 'round' | 'miningRound'>;
  intake: ShareIntake;
  jobs: Jobs;
  shares: ShareLog;
}

/** Finds out which job a remote worker's share was found on, and has it judged. Trusts nothing that the worker says. */
export class RemoteShares {
  /** Hashes that workers claimed without showing what gives them. */
  readonly claims = new Claims();

  constructor(private readonly options: RemoteSharesOptions) {}

  /**
   * Judges a share by its hash, whatever its id. An accepted share is in the store when this resolves.
   * @throws UnwritableError when the store takes no writes.
   */
  async receive(roundNumber: number, share: RemoteShare): Promise<Outcome> {
    const { miner, shares, jobs } = this.options;
    if (!shares.writable) await stored(shares.settle());
    const round = await miner.round(roundNumber);
    if (!round) return { outcome: 'unknown_round' };
    const outcome = await this.judge(round, share);
    if (outcome.outcome === 'conflict') shares.noteConflict();
    if ('reason' in outcome) jobs.rejected(share.workerId, COUNTS_AS[outcome.reason]);
    return outcome;
  }

  /** Awaits nothing before the share is logged, so that shares that come together are judged one after another. */
  private async judge(round: Round, share: RemoteShare): Promise<Outcome> {
    const { miner, intake, jobs } = this.options;
    const { workerId, submissionId, hashValue, blockHeight, jobId, rolled } = share;
    const job = jobId === undefined ? jobs.newestOf(round, workerId) : jobs.find(round, jobId);
    const isHeightRight = [round.number, job?.template.height].includes(blockHeight);
    if (rolled === 'none') return this.claim(round, share, isHeightRight);
    const earlier =
      isHeightRight && rolled !== 'incomplete'
        ? intake.earlier(round.number, hashValue, rolled)
        : undefined;
    if (earlier) {
      const isRepeat = workerId === earlier.workerId && submissionId === earlier.submissionId;
      if (!isRepeat) return conflict('duplicate_share');
      // The first write may still be under way, or have failed.
      await stored(intake.settle());
      return { outcome: 'repeated', hashValue, best: earlier.best };
    }
    if (miner.miningRound !== round.number) {
      if (job && rolled !== 'incomplete') {
        const attempt = { ...rolled, prefix: job.prefix };
        intake.takeLate({ job, attempt, workerId, claimedHash: hashValue });
      }
      return conflict('round_over');
    }
    if (!job) return conflict('stale');
    if (!isHeightRight) return intake.refuse(round, share, 'wrong_height');
    if (rolled === 'incomplete') return intake.refuse(round, share, 'incomplete_proof');
    return this.take(round, job, share, rolled);
  }

  private async take(
    round: Round,
    job: NamedJob,
    share: RemoteShare,
    rolled: Rolled,
  ): Promise<Outcome> {
    const { intake, jobs } = this.options;
    const { workerId, submissionId, hashValue } = share;
    const outcome = intake.take({
      job,
      attempt: { ...rolled, prefix: job.prefix },
      workerId,
      submissionId,
      claimedHash: hashValue,
      storeFirst: 'all',
      credit: () => jobs.accepted(round, workerId, job, hashValue),
    });
    if (outcome.outcome !== 'accepted') return outcome;
    if (outcome.stored) await stored(outcome.stored);
    return { outcome: 'accepted', hashValue, best: outcome.best };
  }

  /** Judges a hash without anything that gives it. Accepted or not, it counts for nothing. */
  private claim(round: Round, share: RemoteShare, isHeightRight: boolean): Outcome {
    const { miner, intake, shares } = this.options;
    const { workerId, submissionId, hashValue, difficulty } = share;
    const hash = displayHash(hashValue);
    const claim: Claim = { round: round.number, workerId, submissionId, hash, difficulty };
    if (isHeightRight && this.claims.has(claim)) return { outcome: 'claimed', isRepeated: true };
    if (miner.miningRound !== round.number) return conflict('round_over');
    if (!isHeightRight) return intake.refuse(round, share, 'wrong_height');
    if (!meetsDifficulty(hashValue, difficulty)) {
      const isReversed = meetsDifficulty(reversedHashValue(hashValue), difficulty);
      return intake.refuse(round, share, 'wrong_difficulty', { isReversed });
    }
    this.claims.add(claim, shares.lastPlace);
    return { outcome: 'claimed', isRepeated: false };
  }
}

function conflict(reason: Conflict): Outcome {
  return { outcome: 'conflict', reason };
}

async function stored(write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (cause) {
    throw new UnwritableError('the store takes no writes now', { cause });
  }
}

/** Claims are kept apart from the shares, so that no number of them can push one out. */
const RECENT_CLAIMS = 50;

/** A hash that a worker says it found, without what gives it. */
export interface Claim {
  round: number;
  workerId: string;
  submissionId: string;
  /** In Bitcoin's display order. */
  hash: string;
  /** The claimed difficulty, which the hash meets. */
  difficulty: number;
}

export interface KeptClaim extends Claim {
  /** Place of the newest share in the log when the claim came. */
  behind: number;
  /** When it came by this machine's clock, in ms since 1970. */
  at: number;
}

/**
 * Counts the claims since the process started, and keeps the newest. Claims prove nothing and cost their sender
 * nothing, so this node spends no write and no log line on them.
 */
class Claims {
  /** By content, oldest first. */
  private readonly kept = new Map<string, KeptClaim>();
  private taken = 0;

  /** Distinct claims, as far as they are remembered. */
  get count(): number {
    return this.taken;
  }

  /** The claims kept, newest first, of one round or of all; 50 at most. */
  recent(round?: number): KeptClaim[] {
    const claims = [...this.kept.values()].reverse();
    return round === undefined ? claims : claims.filter((claim) => claim.round === round);
  }

  /** Whether a claim is among those kept. */
  has(claim: Claim): boolean {
    return this.kept.has(keyOf(claim));
  }

  /** Adds a claim that is not kept yet. @param behind place of the newest share in the log */
  add(claim: Claim, behind: number): void {
    this.taken++;
    this.kept.set(keyOf(claim), { ...claim, behind, at: Date.now() });
    if (this.kept.size > RECENT_CLAIMS) this.kept.delete(this.kept.keys().next().value!);
  }
}

function keyOf({ round, workerId, submissionId, hash, difficulty }: Claim): string {
  return [round, workerId, submissionId, hash, difficulty].join(' ');
}
