// The bytes of a Bitcoin block's header, of its coinbase transaction and of the scripts in that.

/** Bytes of a block header. */
export const HEADER_SIZE = 80;

/** The nonce's offset in a header, u32le. */
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

/** What a coinbase transaction says. It has one input and no witness. */
export interface CoinbaseFields {
  /** Height of the block, for BIP 34. */
  height: number;
  /** Pushed after the height: the tag and who submits. 1..75 bytes */
  message: Uint8Array;
  /** Bytes left open for the extranonce, 1..75. */
  extranonceSize: number;
  /** u32 */
  sequence: number;
  /** u32 */
  lockTime: number;
  /** 1..252 */
  outputs: readonly Output[];
}

export interface Output {
  /** satoshi, u64 */
  value: bigint;
  /** Up to 252 bytes. */
  script: Uint8Array;
}

/** A coinbase around its extranonce, split as Stratum's coinbase1 and coinbase2. */
export interface CoinbaseParts {
  coinbase1: Buffer;
  coinbase2: Buffer;
}

const TRANSACTION_VERSION = Buffer.from('02000000', 'hex');
const ONE_INPUT = Buffer.of(1);
const NULL_OUTPOINT = Buffer.from('00'.repeat(32) + 'ffffffff', 'hex');
const MAX_SCRIPT_SIG = 100;
/** Larger numbers would need the three-byte form of Bitcoin's variable-length integer. */
const MAX_ONE_BYTE_LENGTH = 252;

const OP_0 = 0x00;
const OP_1 = 0x51;
const MAX_DIRECT_PUSH = 75;
const WITNESS_KEY_SIZE = 20;

/** Serialises a header to its 80 bytes. */
export function serializeHeader(fields: HeaderFields): Buffer {
  // Every byte is written below.
  const header = Buffer.allocUnsafe(HEADER_SIZE);
  header.writeUInt32LE(fields.version >>> 0, 0);
  header.set(fields.prev, 4);
  header.set(fields.merkleRoot, 36);
  header.writeUInt32LE(fields.time, 68);
  header.writeUInt32LE(fields.bits, 72);
  header.writeUInt32LE(fields.nonce, NONCE_OFFSET);
  return header;
}

/** Serialises everything of the coinbase but the extranonce (docs/PROTOCOL.md section 4). */
export function coinbaseParts(fields: CoinbaseFields): CoinbaseParts {
  const { extranonceSize, sequence, lockTime, outputs } = fields;
  const height = pushHeight(fields.height);
  const message = pushData(fields.message);
  const scriptSigLength = height.length + message.length + 1 + extranonceSize;
  if (scriptSigLength > MAX_SCRIPT_SIG) {
    throw new RangeError(
      `scriptSig: expected at most ${MAX_SCRIPT_SIG} bytes, got ${scriptSigLength}`,
    );
  }
  return {
    coinbase1: Buffer.concat([
      TRANSACTION_VERSION,
      ONE_INPUT,
      NULL_OUTPOINT,
      Buffer.of(scriptSigLength),
      height,
      message,
      Buffer.of(extranonceSize),
    ]),
    coinbase2: Buffer.concat([
      u32le(sequence),
      oneByteLength('outputs', outputs.length),
      ...outputs.map(serializeOutput),
      u32le(lockTime),
    ]),
  };
}

/**
 * The script that pays a public key's hash (P2WPKH, BIP 141): witness version 0 and the program.
 * @param program 20 bytes
 * @throws RangeError when it has another length.
 */
export function witnessKeyScript(program: Uint8Array): Buffer {
  if (program.length !== WITNESS_KEY_SIZE) {
    throw new RangeError(
      `P2WPKH program: expected ${WITNESS_KEY_SIZE} bytes, got ${program.length}`,
    );
  }
  return Buffer.concat([Buffer.of(OP_0), pushData(program)]);
}

/**
 * The block height as BIP 34 wants it in the coinbase: OP_0, OP_1..OP_16, or a push of the minimal
 * signed little-endian number, as Bitcoin Core's `CScript() << height` gives.
 * @param height a whole number, 0..2^53-1
 */
export function pushHeight(height: number): Buffer {
  if (!Number.isSafeInteger(height) || height < 0) {
    throw new RangeError(`block height: expected a whole number from 0, got ${height}`);
  }
  if (height === 0) return Buffer.of(OP_0);
  if (height <= 16) return Buffer.of(OP_1 + height - 1);
  const bytesLE: number[] = [];
  for (let rest = height; rest > 0; rest = Math.floor(rest / 256)) bytesLE.push(rest % 256);
  // The top bit is the sign: a zero byte keeps the number positive.
  if (bytesLE[bytesLE.length - 1]! & 0x80) bytesLE.push(0);
  return pushData(Uint8Array.from(bytesLE));
}

/**
 * Pushes `data` with a one-byte length, the only form scripts of this task need.
 * @throws RangeError when data is empty or longer than 75 bytes.
 */
export function pushData(data: Uint8Array): Buffer {
  if (data.length < 1 || data.length > MAX_DIRECT_PUSH) {
    throw new RangeError(`script push: expected 1 to ${MAX_DIRECT_PUSH} bytes, got ${data.length}`);
  }
  return Buffer.concat([Uint8Array.of(data.length), data]);
}

function serializeOutput({ value, script }: Output): Buffer {
  const valueLE = Buffer.alloc(8);
  valueLE.writeBigUInt64LE(value);
  return Buffer.concat([valueLE, oneByteLength('bytes of a script', script.length), script]);
}

function oneByteLength(what: string, length: number): Buffer {
  if (length <= MAX_ONE_BYTE_LENGTH) return Buffer.of(length);
  throw new RangeError(`${what}: expected at most ${MAX_ONE_BYTE_LENGTH}, got ${length}`);
}

function u32le(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
