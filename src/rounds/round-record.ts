import { z } from 'zod';
import { storedCount } from '../store/store';
import { ATTEMPT_SIZE, packAttempt, unpackAttempt, type Attempt } from '../work/attempt';

const hexOf = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const u32 = storedCount.max(2 ** 32 - 1);
const prefix = storedCount.max(2 ** 16 - 1);

/** A packed attempt in hex, as everywhere in the store. */
export const packedAttempt = hexOf(ATTEMPT_SIZE);

export function toPacked(attempt: Attempt): string {
  return packAttempt(attempt).toString('hex');
}

export function fromPacked(packed: string): Attempt {
  return unpackAttempt(Buffer.from(packed, 'hex'));
}

/** A round as it is stored. */
export const roundRecordSchema = z.strictObject({
  round: storedCount,
  /** in the byte order that sha256 gives */
  seed: hexOf(32),
  /** The raw public key it was mined for. */
  submitter: hexOf(32),
  /** P2WPKH program that the blocks pay with source bitcoin; empty with source koii. */
  payout: z.union([hexOf(20), z.literal('')]),
  /** In the order in which they came; some may have been dropped. */
  segments: z.array(
    z.strictObject({
      /** Its number in the round, by which the share log names it. */
      index: prefix.default(0),
      height: storedCount,
      prev: hexOf(32),
      time: u32,
      bits: u32,
      /** The K lowest found on it. */
      shares: z.array(packedAttempt),
    }),
  ),
  leased: storedCount.max(2 ** 16),
  salts: storedCount.max(2 ** 8).default(0),
  /** Remote workers, each with the prefix leased to it. */
  workers: z.array(z.tuple([z.string(), prefix])),
  closed: z.boolean(),
  hashes: storedCount,
  validShares: storedCount,
  invalidShares: storedCount,
  /** Shares up to this place in the log are counted in this record; later ones come on top. */
  countedUntil: storedCount,
  minedMs: storedCount.default(0),
});

export type RoundRecord = z.infer<typeof roundRecordSchema>;
