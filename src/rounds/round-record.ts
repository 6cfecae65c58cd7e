import { z } from 'zod';
import { storedCount } from './stored-count';

/** A round as it stands in the store. */
export const roundRecordSchema = z.strictObject({
  round: storedCount,
  /** 64 hex digits, as sha256 gives the seed */
  seed: z.string().regex(/^[0-9a-f]{64}$/),
  /** The raw key it was mined for, 64 hex digits. */
  submitter: z.string().regex(/^[0-9a-f]{64}$/),
  starts: storedCount,
  closed: z.boolean(),
  hashes: storedCount,
  validShares: storedCount,
  invalidShares: storedCount,
  /** Shares in the log up to here are counted in this record; later ones come on top. */
  countedUntil: storedCount,
  /** The proof of the K best shares; empty while there are none. */
  proof: z.string(),
});

export type RoundRecord = z.infer<typeof roundRecordSchema>;
