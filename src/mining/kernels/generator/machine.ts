import type { FunctionBody, MemoryInstruction, PlainInstruction, ValueType } from './encoder';
import type { Operation } from './expressions';

// The machines that code is generated for, and the memory that they share.

/** What the generated code computes with: vectors of four words, or words. */
export interface Machine {
  /** Nonces hashed side by side. */
  lanes: number;
  /** The type that holds a word of every lane. */
  type: ValueType;
  instructions: Partial<Record<Operation['operator'], PlainInstruction>>;
  load: MemoryInstruction;
  store: MemoryInstruction;
  /** Puts the same 4 bytes into all lanes. */
  broadcast: MemoryInstruction;
  /** Whether constants are best written into the code, not read from memory. */
  immediates: boolean;
  /** Rounds in one pass of a loop: even, and a divisor of 56 and 40. */
  roundsPerPass: number;
  /**
   * Replaces the group's first nonce on the stack by word 3 of the block, in every lane. The header has the nonce in
   * little-endian order, SHA-256 reads big-endian words.
   */
  nonceWord(body: FunctionBody): void;
  /** Replaces a word on the stack by an i32 whose bit i is set if the word is 0 in lane i. */
  zeroLanes(body: FunctionBody): void;
}

/**
 * The memory of the scan module, in bytes. A vector holds the words of four nonces:
 *
 *      byte   0      4      8      12     16
 *             | n    | n+1  | n+2  | n+3  |
 *      lane     0      1      2      3
 *
 * The scalar module has one nonce, whose words are where the vectors' first lanes are.
 *
 * Rows are 32 bytes, so that one moving pointer serves both tables of rows:
 *
 *      SCHEDULE, row t   | hash 1: W[t] + K[t], a vector | unused                      |
 *      WORDS, row t      | hash 2: W[t], a vector        | K[t], 4 bytes | unused      |
 *
 *      0     SCHEDULE        64 rows, written once per group of nonces, read once per version
 *      2048  WORDS           64 rows, written and read in every hash
 *      4096  HEADER_TABLE    uniform words, 4 bytes each: constants and what is bound per header
 *      4544  LANE_NUMBERS    the vector 0, 1, 2, 3
 *      4560  CANDIDATES      by version one byte: bit i set if lane i passed the filter
 *      4608  VERSION_TABLES  by version a table of uniform words, 4 bytes each
 */
export const SCHEDULE = 0;
export const WORDS = 2048;
export const HEADER_TABLE = 4096;
export const HEADER_TABLE_SIZE = 448;
export const LANE_NUMBERS = 4544;
export const CANDIDATES = 4560;
export const VERSION_TABLES = 4608;
export const VERSION_TABLE_SIZE = 192;

export const ROW_SIZE = 32;
export const row = (table: number, t: number): number => table + ROW_SIZE * t;

/** Where K[t] is in a row of WORDS. */
export const ROUND_CONSTANTS_COLUMN = 16;

export const VECTOR_LANES = 4;

/** How many rolled versions one module can serve: as many as CANDIDATES has room for. */
export const MAX_VERSIONS = 48;

export const SIMD: Machine = {
  lanes: VECTOR_LANES,
  type: 'v128',
  instructions: {
    add: 'i32x4.add',
    xor: 'v128.xor',
    and: 'v128.and',
    shl: 'i32x4.shl',
    shr: 'i32x4.shr_u',
  },
  load: 'v128.load',
  store: 'v128.store',
  broadcast: 'v128.load32_splat',
  // V8 builds v128.const in general registers.
  immediates: false,
  roundsPerPass: 2,
  nonceWord(body) {
    body.plain('i32x4.splat');
    body.constant(0).memory('v128.load', LANE_NUMBERS).plain('i32x4.add');
    body.permuteBytes(Array.from({ length: 16 }, (_, i) => i ^ 3));
  },
  zeroLanes(body) {
    body.zeroVector().plain('i32x4.eq').plain('i32x4.bitmask');
  },
};

export const SCALAR: Machine = {
  lanes: 1,
  type: 'i32',
  instructions: {
    add: 'i32.add',
    xor: 'i32.xor',
    and: 'i32.and',
    shl: 'i32.shl',
    shr: 'i32.shr_u',
    rotr: 'i32.rotr',
  },
  load: 'i32.load',
  store: 'i32.store',
  broadcast: 'i32.load',
  immediates: true,
  roundsPerPass: 4,
  nonceWord(body) {
    // Bytes 3210 to 0123: rotated by 8 they are 0321, of which 0 and 2 stay; by 24 2103, of which 1 and 3.
    const nonce = body.newLocal('i32');
    body.set(nonce);
    body.get(nonce).constant(8).plain('i32.rotr').constant(0xff00ff00).plain('i32.and');
    body.get(nonce).constant(24).plain('i32.rotr').constant(0x00ff00ff).plain('i32.and');
    body.plain('i32.or');
  },
  zeroLanes(body) {
    body.plain('i32.eqz');
  },
};
