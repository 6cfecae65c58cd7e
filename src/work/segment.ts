import {
  coinbaseParts,
  type CoinbaseFields,
  type CoinbaseParts,
  serializeHeader,
} from '../bitcoin/block';
import { sha256d } from '../bitcoin/sha256';
import { EXTRANONCE_SIZE, HEADER_VERSION, VERSION_BITS_SHIFT } from '../consensus';
import { extranonceOf, type Attempt } from './attempt';

const ONE_TRANSACTION = Buffer.of(1);

/** One header template (docs/PROTOCOL.md section 3). A round has one with source koii, one per tip with bitcoin. */
export interface Segment {
  /** 0..2^53-1; 1..2^31-1 where a proof carries it */
  height: number;
  /** 32 bytes, in header order. */
  prev: Uint8Array;
  /** u32, seconds */
  time: number;
  /** u32, the compact target of the block; never expanded, since a proof may carry any value. */
  bits: number;
}

/** The order of segments in a proof: by height, then by prev as bytes. 0 if both are equal. */
export function compareSegments(a: Segment, b: Segment): number {
  return a.height - b.height || Buffer.compare(a.prev, b.prev);
}

/** A segment with its coinbase, which a miner works on. Only bytes and numbers, so it can be posted to a thread. */
export interface Template extends Segment, CoinbaseParts {
  /** The highest hash value of a Bitcoin block; undefined where no hash makes its header one. */
  blockTarget?: bigint;
}

/** What a work source writes into a submitter's coinbase. */
export type Coinbase = Pick<CoinbaseFields, 'message' | 'sequence' | 'lockTime' | 'outputs'>;

/** A segment's template, with the coinbase of its work source. */
export function templateOf({ height, prev, time, bits }: Segment, coinbase: Coinbase): Template {
  const parts = coinbaseParts({ ...coinbase, height, extranonceSize: EXTRANONCE_SIZE });
  return { height, prev, time, bits, ...parts };
}

/** The coinbase transaction of an attempt. */
function coinbaseOf({ coinbase1, coinbase2 }: Template, attempt: Attempt): Buffer {
  return Buffer.concat([coinbase1, extranonceOf(attempt), coinbase2]);
}

/** The block of an attempt: its header, the number of transactions and the coinbase (docs/PROTOCOL.md section 4). */
export function blockOf(template: Template, attempt: Attempt): Buffer {
  return Buffer.concat([
    headerOf(template, attempt),
    ONE_TRANSACTION,
    coinbaseOf(template, attempt),
  ]);
}

/** The 80 bytes of the header that an attempt hashes. */
export function headerOf(template: Template, attempt: Attempt): Buffer {
  // The coinbase is the block's only transaction, so its hash is the merkle root.
  const merkleRoot = sha256d(coinbaseOf(template, attempt));
  return serializeHeader({
    version: (HEADER_VERSION | (attempt.versionBits << VERSION_BITS_SHIFT)) >>> 0,
    prev: template.prev,
    merkleRoot,
    // Modulo 2^32: a proof may carry the last possible second.
    time: (template.time + attempt.timeOffset) >>> 0,
    bits: template.bits,
    nonce: attempt.nonce,
  });
}
