import { z } from 'zod';

const count = z.number().int().nonnegative();

/** A round as it stands in the store. */
export const roundRecordSchema = z.strictObject({
  round: count,
  /** 64 hex digits, as sha256 gives the seed */
  seed: z.string().regex(/^[0-9a-f]{64}$/),
  starts: count,
  closed: z.boolean(),
  hashes: count,
  validShares: count,
  invalidShares: count,
  /** Shares in the log up to here are counted in this record; later ones come on top. */
  countedUntil: count,
  /** The proof of the K best shares; empty while there are none. */
  proof: z.string(),
});

export type RoundRecord = z.infer<typeof roundRecordSchema>;
