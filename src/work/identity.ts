import bs58 from 'bs58';

/** Who mines, and for which task: both raw, 32 bytes. */
export interface Identity {
  taskId: Uint8Array;
  submitter: Uint8Array;
}

/**
 * Decodes a base58 public key or task id.
 * @throws RangeError when it is not base58 of 32 bytes.
 */
export function decodeKey(base58: string): Uint8Array {
  const bytes = bs58.decodeUnsafe(base58);
  if (bytes?.length !== 32) {
    throw new RangeError(`public key: expected base58 of 32 bytes, got ${JSON.stringify(base58)}`);
  }
  return bytes;
}
