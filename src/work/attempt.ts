import { EXTRANONCE1_SIZE, EXTRANONCE_SIZE } from '../consensus';

/** What a miner changes to get another hash. */
export interface Attempt {
  /** u16, the first two bytes of the extranonce: tells whose ground it was found on. */
  prefix: number;
  /** u32, the last four bytes of the extranonce. */
  extranonce2: number;
  /** 0..65535, bits 13..28 of the header version (BIP 320). */
  versionBits: number;
  /** 0..255, seconds added to the template's time: for hardware that rolls it. */
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

/** The 13 bytes that identify an attempt on a template, as in a proof (docs/PROTOCOL.md section 5). */
export function packAttempt(attempt: Attempt): Buffer {
  const bytes = Buffer.alloc(ATTEMPT_SIZE);
  writeExtranonce(bytes, attempt);
  bytes.writeUInt16LE(attempt.versionBits, EXTRANONCE_SIZE);
  bytes.writeUInt8(attempt.timeOffset, TIME_OFFSET_AT);
  bytes.writeUInt32LE(attempt.nonce, NONCE_AT);
  return bytes;
}

/** Unpacks 13 bytes; any 13 bytes are an attempt. */
export function unpackAttempt(bytes: Buffer): Attempt {
  return {
    prefix: bytes.readUInt16BE(0),
    extranonce2: bytes.readUInt32BE(EXTRANONCE1_SIZE),
    versionBits: bytes.readUInt16LE(EXTRANONCE_SIZE),
    timeOffset: bytes.readUInt8(TIME_OFFSET_AT),
    nonce: bytes.readUInt32LE(NONCE_AT),
  };
}

/** The extranonce as it stands in the coinbase: both parts most significant byte first, as Stratum writes them. */
export function extranonceOf(of: Pick<Attempt, 'prefix' | 'extranonce2'>): Buffer {
  const extranonce = Buffer.alloc(EXTRANONCE_SIZE);
  writeExtranonce(extranonce, of);
  return extranonce;
}

function writeExtranonce(
  bytes: Buffer,
  { prefix, extranonce2 }: Pick<Attempt, 'prefix' | 'extranonce2'>,
): void {
  bytes.writeUInt16BE(prefix, 0);
  bytes.writeUInt32BE(extranonce2, EXTRANONCE1_SIZE);
}
