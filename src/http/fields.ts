import { z } from 'zod';
import { LOCAL_WORKER } from '../rounds/share-record';
import { MAX_TIME_OFFSET } from '../work/attempt';
import { decodeKey } from '../work/identity';

/** A string of a form, which is told of it whether it is another string or none. */
export const text = (form: RegExp, expected: string) =>
  z.string(`expected ${expected}`).regex(form, { error: `expected ${expected}`, abort: true });

/** A round number as a path or a query writes it. */
export const roundInPath = text(/^\d{1,15}$/, 'a whole number from 0').transform(Number);

export const roundNumber = z
  .int('expected a whole number from 0')
  .nonnegative('expected a whole number from 0');

const TIME_OFFSET = `expected a whole number from 0 to ${MAX_TIME_OFFSET}`;

/** Seconds by which a worker rolled the time of its work. */
export const timeOffset = z
  .number(TIME_OFFSET)
  .refine(
    (seconds) => Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_TIME_OFFSET,
    TIME_OFFSET,
  );

/** What a worker calls a submission. */
export const submissionId = text(/^[A-Za-z0-9._:@-]{1,64}$/, '1 to 64 of A-Z a-z 0-9 . _ : @ -');

/** What the work that was handed out is called; whatever else of this form is no job. */
export const jobId = submissionId;

export const workerId = submissionId.refine(
  (id) => id !== LOCAL_WORKER,
  "expected another name than this node's own threads have",
);

/** So many bytes in hex, in either case. */
export const hexBytes = (bytes: number) =>
  text(new RegExp(`^[0-9a-fA-F]{${2 * bytes}}$`), `${2 * bytes} hex digits`);

/** 32 bits in hex, most significant digit first. */
export const hex32 = hexBytes(4).transform((digits) => Number.parseInt(digits, 16));

// Decoding takes the square of the length: nothing longer gets that far.
export const account = text(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/, 'base58 of 32 bytes').refine(
  isKey,
  'expected base58 of 32 bytes',
);

function isKey(text: string): boolean {
  try {
    return decodeKey(text).length === 32;
  } catch {
    return false;
  }
}
