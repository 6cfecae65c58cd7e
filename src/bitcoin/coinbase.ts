import { pushData, pushHeight } from './script';

/** What a coinbase transaction says. It has one input, one output and no witness. */
export interface CoinbaseFields {
  /** Height of the block, for BIP 34. */
  height: number;
  /** Pushed after the height: the tag and who submits. 1..75 bytes */
  message: Uint8Array;
  /** Bytes left open for the extranonce, 1..75. */
  extranonceSize: number;
  /** Output value in satoshi. */
  value: bigint;
  /** Output script, up to 252 bytes. */
  script: Uint8Array;
}

/** A coinbase around its extranonce, split as Stratum's coinbase1 and coinbase2. */
export interface CoinbaseParts {
  coinbase1: Buffer;
  coinbase2: Buffer;
}

const VERSION = Buffer.from('02000000', 'hex');
const ONE = Buffer.of(1);
const NULL_OUTPOINT = Buffer.from('00'.repeat(32) + 'ffffffff', 'hex');
const FINAL_SEQUENCE = Buffer.from('ffffffff', 'hex');
const LOCK_TIME = Buffer.from('00000000', 'hex');
/** Longer ones would need the three-byte form of Bitcoin's variable-length integer. */
const MAX_ONE_BYTE_LENGTH = 252;

/** Serialises everything of the coinbase but the extranonce (docs/PROTOCOL.md section 4). */
export function coinbaseParts(fields: CoinbaseFields): CoinbaseParts {
  const { extranonceSize, script } = fields;
  const height = pushHeight(fields.height);
  const message = pushData(fields.message);
  const scriptSigLength = height.length + message.length + 1 + extranonceSize;
  if (scriptSigLength > 100) {
    throw new RangeError(`scriptSig: expected at most 100 bytes, got ${scriptSigLength}`);
  }
  if (script.length > MAX_ONE_BYTE_LENGTH) {
    throw new RangeError(
      `script: expected at most ${MAX_ONE_BYTE_LENGTH} bytes, got ${script.length}`,
    );
  }
  const value = Buffer.alloc(8);
  value.writeBigUInt64LE(fields.value);
  return {
    coinbase1: Buffer.concat([
      ...[VERSION, ONE, NULL_OUTPOINT, Buffer.of(scriptSigLength)],
      ...[height, message, Buffer.of(extranonceSize)],
    ]),
    coinbase2: Buffer.concat([
      ...[FINAL_SEQUENCE, ONE, value, Buffer.of(script.length), script, LOCK_TIME],
    ]),
  };
}
