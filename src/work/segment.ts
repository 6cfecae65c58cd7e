import {
  coinbaseParts,
  type CoinbaseFields,
  type CoinbaseParts,
  serializeHeader,
} from '../bitcoin/block';
import { sha256d } from '../bitcoin/sha256';
import { EXTRANONCE_SIZE, HEADER_VERSION, VERSION_BITS_SHIFT } from '../consensus';
import { extranonceOf, type Attempt } from './attempt';

/** One header template (docs/PROTOCOL.md section 3). A round of work source koii has one; bitcoin's has one per tip. */
export interface Segment {
  /** 0..2^53-1; 1..2^31-1 where a proof carries it */
  height: number;
  /** 32 bytes in the order in which they stand in the header. */
  prev: Uint8Array;
  /** u32, seconds */
  time: number;
  /** u32, the compact target of the block; never expanded, for a proof may carry any. */
  bits: number;
}

/** The order in which a proof has its segments: by height, then by prev as bytes. 0 where both are equal. */
export function compareSegments(a: Segment, b: Segment): number {
  return a.height - b.height || Buffer.compare(a.prev, b.prev);
}

/** A segment with its coinbase: what a miner works on. Made of bytes and numbers, so it can be posted to a thread. */
export interface Template extends Segment, CoinbaseParts {}

/** What a work source writes into the coinbases of a submitter. */
export type Coinbase = Pick<CoinbaseFields, 'message' | 'sequence' | 'lockTime' | 'outputs'>;

/** The template that a segment becomes with the coinbase of its source. */
export function templateOf({ height, prev, time, bits }: Segment, coinbase: Coinbase): Template {
  const parts = coinbaseParts({ ...coinbase, height, extranonceSize: EXTRANONCE_SIZE });
  return { height, prev, time, bits, ...parts };
}

/** The 80 bytes of the header an attempt hashes. */
export function headerOf(template: Template, attempt: Attempt): Buffer {
  const { coinbase1, coinbase2 } = template;
  // The block holds the coinbase alone, so its hash is the merkle root.
  const merkleRoot = sha256d(Buffer.concat([coinbase1, extranonceOf(attempt), coinbase2]));
  return serializeHeader({
    version: (HEADER_VERSION | (attempt.versionBits << VERSION_BITS_SHIFT)) >>> 0,
    prev: template.prev,
    merkleRoot,
    // Modulo 2^32: a proof may carry the last second there is.
    time: (template.time + attempt.timeOffset) >>> 0,
    bits: template.bits,
    nonce: attempt.nonce,
  });
}
