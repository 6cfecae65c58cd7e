/**
 * The memory of the scan module, in bytes. A vector holds the words of four nonces:
 *
 *      byte   0      4      8      12     16
 *             | n    | n+1  | n+2  | n+3  |
 *      lane     0      1      2      3
 *
 * The scalar module has one nonce, whose words stand where the vectors' first lanes are.
 *
 * Rows are 32 bytes, so that one moving pointer serves both tables of rows:
 *
 *      SCHEDULE, row t   | hash 1: W[t] + K[t], a vector | unused                      |
 *      WORDS, row t      | hash 2: W[t], a vector        | K[t], 4 bytes | unused      |
 *
 *      0     SCHEDULE    64 rows, written once per group of nonces, read once per version
 *      2048  WORDS       64 rows, written and read in every hash
 *      4096  JOB         uniform words, 4 bytes each: constants and what is bound per job
 *      4544  LANES       the vector 0, 1, 2, 3: LANE_NUMBERS
 *      4560  CANDIDATES  by version one byte: bit i set where lane i passed the filter
 *      4608  VERSIONS    by version a table of uniform words, 4 bytes each
 */
export const VECTOR_LANES = 4;

/** Rolled versions one module may serve: those that CANDIDATES has room for. */
export const MAX_VERSIONS = 48;

export const ROW_SIZE = 32;
export const SCHEDULE = 0;
export const WORDS = 2048;
export const ROUND_CONSTANTS_COLUMN = 16;
export const JOB = 4096;
export const JOB_SIZE = 448;
export const LANE_NUMBERS = 4544;
export const CANDIDATES = 4560;
export const VERSIONS = 4608;
export const VERSION_SIZE = 192;

export const row = (table: number, t: number): number => table + ROW_SIZE * t;
