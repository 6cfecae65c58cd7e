import { createHash } from 'node:crypto';

// Bitcoin's blocks as bytes, read and written without the code of the task that is tried on them.

/** A transaction, as far as the rules of a block look at it. */
export interface Transaction {
  /** 64 hex digits, as Bitcoin shows it. */
  readonly txid: string;
  readonly isCoinbase: boolean;
  /** Of its first input. */
  readonly scriptSig: Buffer;
  /** Of each input, u32. */
  readonly sequences: readonly number[];
  readonly outputs: readonly Output[];
  /** u32 */
  readonly lockTime: number;
  readonly hasWitness: boolean;
}

export interface Output {
  /** satoshi */
  readonly value: bigint;
  readonly script: Buffer;
}

/** A block, well formed but not checked. Hashes are 64 hex digits, as Bitcoin shows them. */
export interface Block {
  readonly hash: string;
  readonly version: number;
  readonly prev: string;
  readonly merkleRoot: string;
  /** Seconds since 1970, u32. */
  readonly time: number;
  /** Compact target, u32. */
  readonly bits: number;
  readonly nonce: number;
  readonly transactions: readonly Transaction[];
  readonly bytes: Buffer;
}

export const HEADER_SIZE = 80;
const NO_TXID = '00'.repeat(32);
const NO_INDEX = 0xffffffff;
const WITNESS_FLAG = Buffer.of(0, 1);

/**
 * Reads a block.
 * @throws RangeError if it ends too early or too late
 */
export function parseBlock(bytes: Buffer): Block {
  const reader = new Reader(bytes);
  const header = reader.take(HEADER_SIZE);
  const transactions = Array.from({ length: reader.count() }, () => parseTransaction(reader));
  if (reader.left > 0) throw new RangeError(`${reader.left} bytes follow the block`);
  return {
    hash: shown(hash256(header)),
    version: header.readUInt32LE(0),
    prev: shown(header.subarray(4, 36)),
    merkleRoot: shown(header.subarray(36, 68)),
    time: header.readUInt32LE(68),
    bits: header.readUInt32LE(72),
    nonce: header.readUInt32LE(76),
    transactions,
    bytes,
  };
}

/** What the block of an outside miner says. */
export interface OutsideBlock {
  readonly prev: string;
  readonly height: number;
  readonly time: number;
  readonly bits: number;
  /** Makes its hash another one than that of its siblings. 1..70 bytes */
  readonly message: Buffer;
  readonly value: bigint;
  readonly script: Buffer;
}

/** A block of a coinbase alone, which nobody worked for: its nonce is 0. */
export function outsideBlock(block: OutsideBlock): Buffer {
  const scriptSig = Buffer.concat([pushedHeight(block.height), pushed(block.message)]);
  const value = Buffer.alloc(8);
  value.writeBigUInt64LE(block.value);
  const coinbase = Buffer.concat([
    u32(2),
    Buffer.of(1),
    Buffer.alloc(32),
    u32(NO_INDEX),
    Buffer.of(scriptSig.length),
    scriptSig,
    u32(0xffffffff),
    Buffer.of(1),
    value,
    Buffer.of(block.script.length),
    block.script,
    u32(0),
  ]);
  return Buffer.concat([
    u32(0x20000000),
    internal(block.prev),
    hash256(coinbase),
    u32(block.time),
    u32(block.bits),
    u32(0),
    Buffer.of(1),
    coinbase,
  ]);
}

/** The height as BIP 34 wants it at the start of a coinbase. @param height from 0 */
export function pushedHeight(height: number): Buffer {
  if (height === 0) return Buffer.of(0);
  if (height <= 16) return Buffer.of(0x50 + height);
  // A leading zero bit keeps the number positive.
  const digits = height.toString(16);
  const padded = digits.length % 2 === 1 ? `0${digits}` : digits;
  const bytes = Buffer.from(parseInt(padded[0]!, 16) >= 8 ? `00${padded}` : padded, 'hex');
  return pushed(bytes.reverse());
}

/** The root of the tree of a block's transactions, as Bitcoin shows it. */
export function merkleRootOf(transactions: readonly Pick<Transaction, 'txid'>[]): string {
  let level = transactions.map(({ txid }) => internal(txid));
  if (level.length === 0) return NO_TXID;
  while (level.length > 1) {
    level = Array.from({ length: Math.ceil(level.length / 2) }, (_, i) =>
      hash256(Buffer.concat([level[2 * i]!, level[2 * i + 1] ?? level[2 * i]!])),
    );
  }
  return shown(level[0]!);
}

function parseTransaction(reader: Reader): Transaction {
  const start = reader.at;
  reader.take(4);
  const version = reader.since(start);
  const hasWitness = reader.isNext(WITNESS_FLAG);
  if (hasWitness) reader.take(WITNESS_FLAG.length);
  const bodyStart = reader.at;
  const inputs = Array.from({ length: reader.count() }, () => ({
    txid: shown(reader.take(32)),
    index: reader.u32(),
    script: reader.take(reader.count()),
    sequence: reader.u32(),
  }));
  const outputs = Array.from({ length: reader.count() }, () => ({
    value: reader.u64(),
    script: reader.take(reader.count()),
  }));
  const body = reader.since(bodyStart);
  if (hasWitness) {
    for (let input = 0; input < inputs.length; input++) {
      for (let items = reader.count(); items > 0; items--) reader.take(reader.count());
    }
  }
  const lockTime = reader.u32();
  const [first] = inputs;
  return {
    txid: shown(hash256(Buffer.concat([version, body, u32(lockTime)]))),
    isCoinbase: inputs.length === 1 && first?.txid === NO_TXID && first.index === NO_INDEX,
    scriptSig: first?.script ?? Buffer.alloc(0),
    sequences: inputs.map(({ sequence }) => sequence),
    outputs,
    lockTime,
    hasWitness,
  };
}

/** Reads bytes one after the other; each call throws a RangeError where there are too few. */
class Reader {
  at = 0;

  constructor(private readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(size: number): Buffer {
    if (size > this.left) throw new RangeError('the bytes end within a block');
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  since(start: number): Buffer {
    return this.bytes.subarray(start, this.at);
  }

  isNext(bytes: Buffer): boolean {
    return this.bytes.subarray(this.at, this.at + bytes.length).equals(bytes);
  }

  u32(): number {
    return this.take(4).readUInt32LE();
  }

  u64(): bigint {
    return this.take(8).readBigUInt64LE();
  }

  /** Bitcoin's variable-length integer. Nothing is that often in bytes that are fewer. */
  count(): number {
    const [first] = this.take(1);
    const value =
      first! < 0xfd
        ? first!
        : first === 0xfd
          ? this.take(2).readUInt16LE()
          : first === 0xfe
            ? this.u32()
            : Number(this.u64());
    if (value > this.left) throw new RangeError('the bytes end within a block');
    return value;
  }
}

function hash256(bytes: Uint8Array): Buffer {
  return sha256(sha256(bytes));
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** Bytes of a hash as Bitcoin shows them: in reverse. */
function shown(bytes: Buffer): string {
  return Buffer.from(bytes).reverse().toString('hex');
}

function internal(hash: string): Buffer {
  return Buffer.from(hash, 'hex').reverse();
}

function pushed(data: Buffer): Buffer {
  return Buffer.concat([Buffer.of(data.length), data]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
