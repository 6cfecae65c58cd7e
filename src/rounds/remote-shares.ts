import { displayHash, meetsDifficulty, reversedHashValue } from '../bitcoin/target';
import type { Jobs, NamedJob } from '../workers/jobs';
import type { Rolled } from './known-shares';
import type { Miner } from './miner';
import type { Round } from './round';
import type { Rejection, ShareIntake } from './share-intake';
import type { ShareLog } from './share-log';

/** A share as a remote worker sends it, strictly parsed. */
export interface RemoteShare {
  workerId: string;
  /** Names it among those of its worker, to know a repeat by; says nothing of the share. */
  submissionId: string;
  /** What the worker says the header hashes to. */
  hashValue: bigint;
  /** What the worker says that hash has; looked at where nothing else is shown. */
  difficulty: number;
  blockHeight: number;
  /** The job it was found on; the newest of its worker where it names none. */
  jobId?: string;
  /** What gives the hash; without any it is a claim. */
  rolled: Rolled | 'incomplete' | 'none';
}

export type Conflict = 'duplicate_share' | 'round_over' | 'stale';

export type Outcome =
  | { outcome: 'accepted' | 'repeated'; hashValue: bigint; best: boolean }
  | { outcome: 'claimed'; isRepeated: boolean }
  /** isReversed: it would be right with the bytes of its hash in the other order */
  | { outcome: 'rejected'; reason: Rejection; isReversed: boolean }
  | { outcome: 'conflict'; reason: Conflict }
  | { outcome: 'unknown_round' };

/** The store takes no writes now, so no share can be accepted. */
export class UnwritableError extends Error {
  override readonly name = 'UnwritableError';
}

export interface RemoteSharesOptions {
  miner: Pick<Miner, 'round' | 'miningRound'>;
  intake: ShareIntake;
  jobs: Jobs;
  shares: ShareLog;
}

/** Finds out what a remote worker's share was found on, and has it judged. Believes nothing. */
export class RemoteShares {
  private conflicts = 0;
  /** What was said to be found and not shown. */
  readonly claims = new Claims();

  constructor(private readonly options: RemoteSharesOptions) {}

  /** Shares that were neither valid nor invalid, since this process started. */
  get conflictCount(): number {
    return this.conflicts;
  }

  /**
   * Judges a share by what was hashed, whatever it is called; one that is accepted is in the store when this resolves.
   * @throws UnwritableError when the store takes no writes.
   */
  async receive(roundNumber: number, share: RemoteShare): Promise<Outcome> {
    const { miner, shares } = this.options;
    if (!shares.writable) await stored(shares.settle());
    const round = await miner.round(roundNumber);
    if (!round) return { outcome: 'unknown_round' };
    const outcome = await this.judge(round, share);
    if (outcome.outcome === 'conflict') this.conflicts++;
    return outcome;
  }

  /** Waits for nothing before the entry in the log: what comes together is judged one by one. */
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
      // When it came first it may still be on its way to the store, or have failed there.
      await stored(intake.settle());
      return { outcome: 'repeated', hashValue, best: earlier.best };
    }
    if (miner.miningRound !== round.number) return conflict('round_over');
    if (!job) return conflict('stale');
    if (!isHeightRight) return intake.refuse(round, share, 'wrong_height');
    if (rolled === 'incomplete') return intake.refuse(round, share, 'incomplete_proof');
    return this.take(job, share, rolled);
  }

  private async take(job: NamedJob, share: RemoteShare, rolled: Rolled): Promise<Outcome> {
    const { workerId, submissionId, hashValue } = share;
    const attempt = { ...rolled, prefix: job.prefix };
    const found = { job, attempt, workerId, submissionId, claimedHash: hashValue };
    const outcome = this.options.intake.take(found);
    if (outcome.outcome !== 'accepted') return outcome;
    await stored(outcome.stored);
    return { outcome: 'accepted', hashValue, best: outcome.best };
  }

  /** Judges what is shown by nothing: taken or not, it counts for nothing. */
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

/** Claims kept: apart from the shares, so that no number of them pushes one out. */
const RECENT_CLAIMS = 50;

/** A hash that somebody says was found, without what gives it. */
export interface Claim {
  round: number;
  workerId: string;
  submissionId: string;
  /** As Bitcoin shows it. */
  hash: string;
  /** What it is said to have; the hash as it stands has no less. */
  difficulty: number;
}

export interface KeptClaim extends Claim {
  /** The place of the newest share in the log when it came. */
  behind: number;
  /** When it came by this machine's clock, in ms since 1970. */
  at: number;
}

/**
 * What was claimed since the process started, and of that the newest claims. They prove nothing and cost nothing,
 * so they cost this node no write and no line of its log.
 */
class Claims {
  /** By what they say; the oldest comes first. */
  private readonly kept = new Map<string, KeptClaim>();
  private taken = 0;

  /** Different ones, as far as they are remembered. */
  get count(): number {
    return this.taken;
  }

  /** The newest, newest first, of one round or of all; 50 at most. */
  recent(round?: number): KeptClaim[] {
    const claims = [...this.kept.values()].reverse();
    return round === undefined ? claims : claims.filter((claim) => claim.round === round);
  }

  /** Whether it is among the newest already. */
  has(claim: Claim): boolean {
    return this.kept.has(keyOf(claim));
  }

  /** Takes in one that is not there. @param behind the place of the newest share in the log */
  add(claim: Claim, behind: number): void {
    this.taken++;
    this.kept.set(keyOf(claim), { ...claim, behind, at: Date.now() });
    if (this.kept.size > RECENT_CLAIMS) this.kept.delete(this.kept.keys().next().value!);
  }
}

function keyOf({ round, workerId, submissionId, hash, difficulty }: Claim): string {
  return [round, workerId, submissionId, hash, difficulty].join(' ');
}
