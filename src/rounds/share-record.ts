import { z } from 'zod';
import { storedCount } from '../store/store';
import type { Attempt } from '../work/attempt';
import { fromPacked, packedAttempt, toPacked } from './round-record';

/** A share that has been judged, valid or not. */
export interface JudgedShare {
  round: number;
  /** Who found it: a remote worker's id, or LOCAL_WORKER. */
  workerId: string;
  /** That worker's own id for it: 1 to 64 of A-Z a-z 0-9 . _ : @ -, as in worker ids. */
  submissionId: string;
  /** The header hash in Bitcoin's display order; the claimed one when nothing was shown that gives it. */
  hash: string;
  /** What gives that hash; undefined when nothing known does. */
  attempt?: Attempt;
  /** Index of the round's segment on which the attempt was found. */
  segment?: number;
  /** Whether it was among the K best when it came. */
  best: boolean;
  /** Why it was rejected; undefined when it is valid. */
  reason?: string;
}

/** A share in the log. */
export interface LoggedShare extends JudgedShare {
  /** Place in the log, unique and above those of all earlier shares, whatever the clock shows. */
  place: number;
  /** When it came by this machine's clock, in ms since 1970: only for people to read. */
  at: number;
}

/** The worker id of this node's own threads; no remote worker may have it. */
export const LOCAL_WORKER = 'local';

/**
 * [place, round, worker id, submission id, hash, attempt or '', its segment, best, reason or '', at]; short, since one
 * is written for every share.
 */
const shareTuple = z.tuple([
  storedCount,
  storedCount,
  z.string(),
  z.string(),
  z.string().regex(/^[0-9a-f]{64}$/),
  z.union([packedAttempt, z.literal('')]),
  storedCount,
  z.union([z.literal(0), z.literal(1)]),
  z.string(),
  storedCount,
]);

/** A batch of shares as it is stored, with the totals up to its last share. */
export const shareBatchSchema = z.strictObject({
  batch: storedCount,
  valid: storedCount,
  invalid: storedCount,
  shares: z.array(shareTuple),
});
export type ShareBatch = z.infer<typeof shareBatchSchema>;

export function toTuple(share: LoggedShare): z.infer<typeof shareTuple> {
  const { place, round, workerId, submissionId, hash, attempt, segment, best, reason, at } = share;
  return [
    place,
    round,
    workerId,
    submissionId,
    hash,
    attempt ? toPacked(attempt) : '',
    segment ?? 0,
    best ? 1 : 0,
    reason ?? '',
    at,
  ];
}

export function fromTuple(tuple: z.infer<typeof shareTuple>): LoggedShare {
  const [place, round, workerId, submissionId, hash, packed, segment, best, reason, at] = tuple;
  return {
    place,
    at,
    round,
    workerId,
    submissionId,
    hash,
    best: best === 1,
    ...(packed && { attempt: fromPacked(packed), segment }),
    ...(reason && { reason }),
  };
}
