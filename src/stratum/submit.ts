import { VERSION_BITS_SHIFT } from '../consensus';
import { toPacked } from '../rounds/round-record';
import type { ShareIntake } from '../rounds/share-intake';
import type { ShareLog } from '../rounds/share-log';
import { MAX_TIME_OFFSET, type Attempt } from '../work/attempt';
import type { RejectedAs } from '../workers/worker';
import type { Workers } from '../workers/workers';
import { HASHES_PER_DIFFICULTY } from './difficulty';
import type { JobFeed } from './job-feed';
import { CODES, type Submit } from './messages';

/** What shares are judged with. */
export interface JudgingNode {
  intake: Pick<ShareIntake, 'take'>;
  shares: Pick<ShareLog, 'noteConflict'>;
  workers: Workers;
}

/** Why a share is refused. */
export interface Reject {
  as: RejectedAs;
  code: (typeof CODES)[keyof typeof CODES];
  message: string;
}

export type Verdict =
  | { reject: Reject }
  /** difficulty: that it stands for; stored: pending for as long as a kill could still lose a share of the proof */
  | { difficulty: number; stored: Promise<void> | undefined };

const STALE: Reject = { as: 'stale', code: CODES.jobNotFound, message: 'Job not found' };
const DUPLICATE: Reject = { as: 'duplicate', code: CODES.duplicate, message: 'Duplicate share' };
const LOW: Reject = {
  as: 'low_difficulty',
  code: CODES.lowDifficulty,
  message: 'Low difficulty share',
};
const OFF_TIME: Reject = { as: 'invalid', code: CODES.other, message: 'Time out of range' };
const OFF_MASK: Reject = {
  as: 'invalid',
  code: CODES.other,
  message: 'Version bits outside the mask',
};

/** Who submits what. */
export interface Submitted {
  submit: Submit;
  workerId: string;
  /** The bits of the header version that the miner may roll. */
  versionMask: number;
}

/** Judges a submit on the job that it names, through the door for all shares. */
export function judge(
  { intake, shares, workers }: JudgingNode,
  { submit, workerId, versionMask }: Submitted,
  feed: Pick<JobFeed, 'find' | 'targetFor'>,
): Verdict {
  const job = feed.find(submit.jobId);
  if (!job) {
    shares.noteConflict();
    return { reject: STALE };
  }
  const timeOffset = (submit.time - job.template.time) | 0;
  if (timeOffset < 0 || timeOffset > MAX_TIME_OFFSET) return { reject: OFF_TIME };
  const rolled = submit.versionBits;
  if ((rolled & ~versionMask) !== 0) return { reject: OFF_MASK };
  const { extranonce2, nonce } = submit;
  const versionBits = rolled >>> VERSION_BITS_SHIFT;
  const attempt: Attempt = { prefix: job.prefix, extranonce2, versionBits, timeOffset, nonce };
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
  if (outcome.outcome === 'rejected') return { reject: LOW };
  shares.noteConflict();
  return { reject: outcome.reason === 'duplicate_share' ? DUPLICATE : STALE };
}
