import { z } from 'zod';
import { LOCAL_WORKER } from '../rounds/share-record';
import { decodeKey } from '../template/koii';

/** A round number as a path or a query writes it. */
export const roundInPath = z
  .string()
  .regex(/^\d{1,15}$/, 'expected a whole number from 0')
  .transform(Number);

export const roundNumber = z.number().int().nonnegative();

/** What a worker calls a submission. */
export const submissionId = z
  .string()
  .regex(/^[A-Za-z0-9._:@-]{1,64}$/, 'expected 1 to 64 of A-Z a-z 0-9 . _ : @ -');

export const workerId = submissionId.refine(
  (id) => id !== LOCAL_WORKER,
  `"${LOCAL_WORKER}" is this node itself`,
);

/** So many bytes in hex, in either case. */
export const hexBytes = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-fA-F]{${2 * bytes}}$`), `expected ${2 * bytes} hex digits`);

/** 32 bits in hex, most significant digit first. */
export const hex32 = hexBytes(4).transform((digits) => Number.parseInt(digits, 16));

export const account = z
  .string()
  // Decoding takes the square of the length: nothing longer gets that far.
  .regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/, 'expected base58 of 32 bytes')
  .refine(isKey, 'expected base58 of 32 bytes');

function isKey(text: string): boolean {
  try {
    return decodeKey(text).length === 32;
  } catch {
    return false;
  }
}
