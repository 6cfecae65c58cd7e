import { VERSION_BITS_SHIFT } from '../consensus';
import { toPacked } from '../rounds/round-record';
import type { ShareIntake } from '../rounds/share-intake';
import type { ShareLog } from '../rounds/share-log';
import { MAX_TIME_OFFSET, type Attempt } from '../work/attempt';
import type { Workers } from '../workers/workers';
import { HASHES_PER_DIFFICULTY } from './difficulty';
import type { HandedJob } from './handed-jobs';
import type { JobFeed } from './job-feed';
import { CODES, StratumError, type Submit } from './messages';

/** What shares are judged with. */
export interface JudgingNode {
  intake: Pick<ShareIntake, 'take'>;
  shares: Pick<ShareLog, 'noteConflict'>;
  workers: Workers;
}

/** Who submits what. */
export interface Submitted {
  submit: Submit;
  workerId: string;
  /** The bits of the header version that the miner may roll. */
  versionMask: number;
}

/** What became of an accepted share. */
export interface Accepted {
  /** That it stands for; 0 if it met only an earlier, easier one. */
  difficulty: number;
  /** Pending for as long as a kill could still lose a share of the proof; undefined if none can. */
  stored: Promise<void> | undefined;
}

/**
 * Judges a submit on the job that it names, through the door for all shares.
 * @throws StratumError when it is refused
 */
export function judge(
  { intake, shares, workers }: JudgingNode,
  { submit, workerId, versionMask }: Submitted,
  feed: Pick<JobFeed, 'find' | 'targetFor'>,
): Accepted {
  const job = feed.find(submit.jobId);
  if (!job) {
    shares.noteConflict();
    throw new StratumError(CODES.jobNotFound, 'Job not found');
  }
  const attempt = attemptOf(submit, job, versionMask);
  let difficulty = 0;
  const outcome = intake.take({
    job: { ...job, target: feed.targetFor(job) },
    attempt,
    workerId,
    submissionId: `stratum-${toPacked(attempt)}`,
    storeFirst: 'entering',
    credit: ({ hashValue }) => {
      // Worth what it was asked for; one that meets only an easier difficulty, sent before, is no work of this job.
      if (hashValue <= job.hardestTarget) ({ difficulty } = job);
      const hashes = difficulty * HASHES_PER_DIFFICULTY;
      workers.prove(workerId).accept({ round: job.round, hashValue, hashes });
    },
  });
  if (outcome.outcome === 'accepted') return { difficulty, stored: outcome.stored };
  if (outcome.outcome === 'rejected') {
    throw new StratumError(CODES.lowDifficulty, 'Low difficulty share');
  }
  shares.noteConflict();
  throw outcome.reason === 'duplicate_share'
    ? new StratumError(CODES.duplicate, 'Duplicate share')
    : new StratumError(CODES.jobNotFound, 'Job not found');
}

/** What was rolled on a job. @throws StratumError 20 for what a proof can't hold, or the miner may not roll */
function attemptOf(
  { time, versionBits, extranonce2, nonce }: Submit,
  { template, prefix }: HandedJob,
  versionMask: number,
): Attempt {
  const timeOffset = (time - template.time) | 0;
  if (timeOffset < 0 || timeOffset > MAX_TIME_OFFSET) {
    throw new StratumError(CODES.other, 'Time out of range');
  }
  if ((versionBits & ~versionMask) !== 0) {
    throw new StratumError(CODES.other, 'Version bits outside the mask');
  }
  return {
    prefix,
    extranonce2,
    versionBits: versionBits >>> VERSION_BITS_SHIFT,
    timeOffset,
    nonce,
  };
}
