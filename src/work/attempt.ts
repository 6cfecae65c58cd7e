import { EXTRANONCE1_SIZE, EXTRANONCE_SIZE } from '../consensus';

/** What a miner moves to get another hash. */
export interface Attempt {
  /** 6 bytes: extranonce1 (2) and extranonce2 (4). */
  extranonce: Uint8Array;
  /** 0..65535, bits 13..28 of the header version (BIP 320). */
  versionBits: number;
  /** 0..255, seconds on top of the template's time: for hardware that rolls it. */
  timeOffset: number;
  /** u32 */
  nonce: number;
}

/** 8 bits */
export const MAX_TIME_OFFSET = 255;

const TIME_OFFSET_AT = EXTRANONCE_SIZE + 2;
const NONCE_AT = TIME_OFFSET_AT + 1;

/** Bytes of a packed attempt. */
export const ATTEMPT_SIZE = NONCE_AT + 4;

/** The 13 bytes that tell two attempts on one template apart, as a proof has them (docs/PROTOCOL.md section 5). */
export function packAttempt({ extranonce, versionBits, timeOffset, nonce }: Attempt): Buffer {
  const bytes = Buffer.alloc(ATTEMPT_SIZE);
  bytes.set(extranonce, 0);
  bytes.writeUInt16LE(versionBits, EXTRANONCE_SIZE);
  bytes.writeUInt8(timeOffset, TIME_OFFSET_AT);
  bytes.writeUInt32LE(nonce, NONCE_AT);
  return bytes;
}

/** The attempt that is packed in 13 bytes; any 13 are one. */
export function unpackAttempt(bytes: Buffer): Attempt {
  return {
    extranonce: bytes.subarray(0, EXTRANONCE_SIZE),
    versionBits: bytes.readUInt16LE(EXTRANONCE_SIZE),
    timeOffset: bytes.readUInt8(TIME_OFFSET_AT),
    nonce: bytes.readUInt32LE(NONCE_AT),
  };
}

/** The extranonce as it stands in the coinbase: both parts most significant byte first, as Stratum writes them. */
export function extranonceOf(extranonce1: number, extranonce2: number): Buffer {
  const extranonce = Buffer.alloc(EXTRANONCE_SIZE);
  extranonce.writeUInt16BE(extranonce1, 0);
  extranonce.writeUInt32BE(extranonce2, EXTRANONCE1_SIZE);
  return extranonce;
}
