const OP_0 = 0x00;
const OP_1 = 0x51;
const WITNESS_KEY_SIZE = 20;
const MAX_DIRECT_PUSH = 75;

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
