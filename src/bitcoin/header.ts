/** Bytes of a block header. */
export const HEADER_SIZE = 80;

/** Where the nonce, u32le, stands in a header. */
export const NONCE_OFFSET = 76;

/** The six fields of a block header, each as it stands there. */
export interface HeaderFields {
  /** 32 bits */
  version: number;
  /** Hash of the previous block, 32 bytes as hashed. */
  prev: Uint8Array;
  /** 32 bytes as hashed */
  merkleRoot: Uint8Array;
  /** Seconds since 1970, 32 bits. */
  time: number;
  /** Compact target, 32 bits. */
  bits: number;
  /** 32 bits */
  nonce: number;
}

/** Serialises a header to its 80 bytes. */
export function serializeHeader(fields: HeaderFields): Buffer {
  // Each of its bytes is written below.
  const header = Buffer.allocUnsafe(HEADER_SIZE);
  header.writeUInt32LE(fields.version >>> 0, 0);
  header.set(fields.prev, 4);
  header.set(fields.merkleRoot, 36);
  header.writeUInt32LE(fields.time, 68);
  header.writeUInt32LE(fields.bits, 72);
  header.writeUInt32LE(fields.nonce, NONCE_OFFSET);
  return header;
}
