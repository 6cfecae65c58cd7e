import { pushData, pushHeight } from './script';

export interface Output {
  /** satoshi, u64 */
  value: bigint;
  /** Up to 252 bytes. */
  script: Uint8Array;
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

/** A coinbase around its extranonce, split as Stratum's coinbase1 and coinbase2. */
export interface CoinbaseParts {
  coinbase1: Buffer;
  coinbase2: Buffer;
}

const VERSION = Buffer.from('02000000', 'hex');
const ONE = Buffer.of(1);
const NULL_OUTPOINT = Buffer.from('00'.repeat(32) + 'ffffffff', 'hex');
/** Larger numbers would need the three-byte form of Bitcoin's variable-length integer. */
const MAX_ONE_BYTE_LENGTH = 252;

/** Serialises everything of the coinbase but the extranonce (docs/PROTOCOL.md section 4). */
export function coinbaseParts(fields: CoinbaseFields): CoinbaseParts {
  const { extranonceSize, sequence, lockTime, outputs } = fields;
  const height = pushHeight(fields.height);
  const message = pushData(fields.message);
  const scriptSigLength = height.length + message.length + 1 + extranonceSize;
  if (scriptSigLength > 100) {
    throw new RangeError(`scriptSig: expected at most 100 bytes, got ${scriptSigLength}`);
  }
  return {
    coinbase1: Buffer.concat([
      ...[VERSION, ONE, NULL_OUTPOINT, Buffer.of(scriptSigLength)],
      ...[height, message, Buffer.of(extranonceSize)],
    ]),
    coinbase2: Buffer.concat([
      ...[u32le(sequence), oneByteLength('outputs', outputs.length)],
      ...outputs.map(serializeOutput),
      u32le(lockTime),
    ]),
  };
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
