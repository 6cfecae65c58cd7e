import { z } from 'zod';
import { EXTRANONCE_SIZE } from '../consensus';
import type { Attempt } from '../template/segment';
import { storedCount } from './stored-count';

/** A share that was judged. */
export interface JudgedShare {
  round: number;
  /** Who found it: a remote worker's id, or LOCAL_WORKER. */
  workerId: string;
  /** What that worker calls it: 1 to 64 of A-Z a-z 0-9 . _ : @ -, as its own id. */
  submissionId: string;
  /** The header hash as Bitcoin shows it; of a share without a proof what was claimed. */
  hash: string;
  /** What gives that hash; undefined where nothing known does. */
  attempt?: Attempt;
  /** Whether it entered the K best when it came. */
  best: boolean;
  /** Why it was rejected; undefined when it is valid. */
  reason?: string;
}

/** A share in the log. */
export interface LoggedShare extends JudgedShare {
  /** When it came, in ms since 1970; no two are equal, so that it also is the share's place in the log. */
  at: number;
}

/** The worker id of this node's own threads; no remote worker may have it. */
export const LOCAL_WORKER = 'local';

/** [at, round, worker id, submission id, hash, attempt or '', best, reason or '']; short, for it is written for every share. */
const shareTuple = z.tuple([
  storedCount,
  storedCount,
  z.string(),
  z.string(),
  z.string().regex(/^[0-9a-f]{64}$/),
  z.string().regex(/^([0-9a-f]{24})?$/),
  z.union([z.literal(0), z.literal(1)]),
  z.string(),
]);

/** A batch of shares as it stands in the store, with the totals up to its last share. */
export const shareBatchSchema = z.strictObject({
  batch: storedCount,
  valid: storedCount,
  invalid: storedCount,
  shares: z.array(shareTuple),
});
export type ShareBatch = z.infer<typeof shareBatchSchema>;

export function toTuple(share: LoggedShare): z.infer<typeof shareTuple> {
  const { at, round, workerId, submissionId, hash, attempt, best, reason } = share;
  const bytes = attempt ? packAttempt(attempt).toString('hex') : '';
  return [at, round, workerId, submissionId, hash, bytes, best ? 1 : 0, reason ?? ''];
}

export function fromTuple(tuple: z.infer<typeof shareTuple>): LoggedShare {
  const [at, round, workerId, submissionId, hash, bytes, best, reason] = tuple;
  return {
    // Earlier versions took others, markup among them.
    submissionId: submissionId.replace(/[^A-Za-z0-9._:@-]/g, '_').slice(0, 64),
    ...{ at, round, workerId, hash, best: best === 1 },
    ...(bytes && { attempt: unpackAttempt(Buffer.from(bytes, 'hex')) }),
    ...(reason && { reason }),
  };
}

/** The 12 bytes that tell two attempts of one template apart, laid out as in a proof. */
export function packAttempt({ extranonce, versionBits, nonce }: Attempt): Buffer {
  const bytes = Buffer.alloc(EXTRANONCE_SIZE + 2 + 4);
  bytes.set(extranonce, 0);
  bytes.writeUInt16LE(versionBits, EXTRANONCE_SIZE);
  bytes.writeUInt32LE(nonce, EXTRANONCE_SIZE + 2);
  return bytes;
}

function unpackAttempt(bytes: Buffer): Attempt {
  return {
    extranonce: bytes.subarray(0, EXTRANONCE_SIZE),
    versionBits: bytes.readUInt16LE(EXTRANONCE_SIZE),
    nonce: bytes.readUInt32LE(EXTRANONCE_SIZE + 2),
  };
}
