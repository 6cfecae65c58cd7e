import bs58 from 'bs58';

/** Who mines, and for which task. Made by `identityOf`. */
export interface Identity {
  /** Raw, 32 bytes. */
  readonly taskId: Uint8Array;
  /** The public key that proofs are submitted under: raw, 32 bytes. */
  readonly submitter: Uint8Array;
  /** The same key in base58, as the node and the chain name it. */
  readonly publicKey: string;
}

/** @param submitter raw public key */
export function identityOf(taskId: Uint8Array, submitter: Uint8Array): Identity {
  return { taskId, submitter, publicKey: bs58.encode(submitter) };
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
