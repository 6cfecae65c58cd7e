import { coinbaseParts, type CoinbaseParts } from '../bitcoin/coinbase';
import { serializeHeader } from '../bitcoin/header';
import { sha256d } from '../bitcoin/sha256';
import { EXTRANONCE_SIZE, HEADER_VERSION, TAG, VERSION_BITS_SHIFT } from '../consensus';

/**
 * One header template (docs/PROTOCOL.md section 3): all that is hashed but the submitter and what a
 * miner moves. A round of work source koii has one; bitcoin's has one per tip.
 */
export interface Segment {
  height: number;
  /** 32 bytes in the order in which they stand in the header. */
  prev: Uint8Array;
  /** u32, seconds */
  time: number;
  /** u32, compact target */
  bits: number;
  /** What the coinbase pays, in satoshi, and to whom. */
  outputValue: bigint;
  outputScript: Uint8Array;
}

/** A segment with its submitter: what a miner works on. Made of bytes and numbers, so it can be posted to a thread. */
export interface Template extends CoinbaseParts {
  height: number;
  prev: Uint8Array;
  time: number;
  bits: number;
}

/** What a miner moves to get another hash. */
export interface Attempt {
  /** 6 bytes: extranonce1 (2) and extranonce2 (4). */
  extranonce: Uint8Array;
  /** 0..65535, bits 13..28 of the header version (BIP 320). */
  versionBits: number;
  /** u32 */
  nonce: number;
}

/** Binds a segment to its submitter, a raw public key of 32 bytes. */
export function templateFor(segment: Segment, submitter: Uint8Array): Template {
  if (submitter.length !== 32) {
    throw new RangeError(`submitter: expected a public key of 32 bytes, got ${submitter.length}`);
  }
  const { height, prev, time, bits } = segment;
  const parts = coinbaseParts({
    height,
    message: Buffer.concat([TAG, submitter]),
    extranonceSize: EXTRANONCE_SIZE,
    value: segment.outputValue,
    script: segment.outputScript,
  });
  return { height, prev, time, bits, ...parts };
}

/** The 80 bytes of the header an attempt hashes. */
export function headerOf(template: Template, attempt: Attempt): Buffer {
  const { coinbase1, coinbase2 } = template;
  // The block holds the coinbase alone, so its hash is the merkle root.
  const merkleRoot = sha256d(Buffer.concat([coinbase1, attempt.extranonce, coinbase2]));
  return serializeHeader({
    version: (HEADER_VERSION | (attempt.versionBits << VERSION_BITS_SHIFT)) >>> 0,
    prev: template.prev,
    merkleRoot,
    time: template.time,
    bits: template.bits,
    nonce: attempt.nonce,
  });
}
