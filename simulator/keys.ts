import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign as signBytes,
  verify as verifyBytes,
  type KeyObject,
} from 'node:crypto';

import bs58 from 'bs58';

// RFC 8410 section 7: what precedes the 32 bytes of an Ed25519 key in DER, private (PKCS #8) and public (SPKI).
const PRIVATE_KEY_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_KEY_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const SIGNATURE_BYTES = 64;

/** An Ed25519 key pair as Koii uses it. */
export interface KeyPair {
  /** base58 of the 32 bytes. */
  readonly publicKey: string;
  readonly publicKeyBytes: Uint8Array;
  /** 64 bytes: the seed, then the public key. */
  readonly secretKey: Uint8Array;
}

/** Always the same key pair for the same text. */
export function deriveKeyPair(text: string): KeyPair {
  const seed = createHash('sha256').update(text).digest();
  const publicKeyBytes = new Uint8Array(
    createPublicKey(privateKeyObject(seed)).export({ format: 'der', type: 'spki' }).subarray(-32),
  );
  return {
    publicKey: bs58.encode(publicKeyBytes),
    publicKeyBytes,
    secretKey: Uint8Array.from([...seed, ...publicKeyBytes]),
  };
}

/** base58 of signature || JSON of the body, which is what the node's signData gives. */
export function signJson(body: unknown, keyPair: KeyPair): string {
  const message = Buffer.from(JSON.stringify(body));
  const signature = signBytes(null, message, privateKeyObject(keyPair.secretKey.subarray(0, 32)));
  return bs58.encode(Buffer.concat([signature, message]));
}

/** The signed text, or why the signature is not valid: what the node's verifySignedData gives. Never throws. */
export function openSigned(
  signed: string,
  publicKey: string,
): { data: string } | { error: string } {
  try {
    const bytes = Buffer.from(bs58.decode(signed));
    const message = bytes.subarray(SIGNATURE_BYTES);
    const key = createPublicKey({
      key: Buffer.concat([PUBLIC_KEY_PREFIX, bs58.decode(publicKey)]),
      format: 'der',
      type: 'spki',
    });
    const valid = verifyBytes(null, message, key, bytes.subarray(0, SIGNATURE_BYTES));
    return valid ? { data: message.toString('utf8') } : { error: 'Invalid signature' };
  } catch (error) {
    return { error: `Verification failed: ${(error as Error).message}` };
  }
}

/**
 * A public key out of a call's arguments: base58 (what the official PublicKey.toJSON gives), or an object
 * with its big number in hex (what JSON makes of a PublicKey without its prototype).
 * @returns base58
 * @throws TypeError when it is neither
 */
export function parsePublicKey(value: unknown): string {
  const bytes = publicKeyBytes(value);
  if (bytes === undefined) {
    throw new TypeError(`expected a public key, got ${JSON.stringify(value)}`);
  }
  return bs58.encode(bytes);
}

function publicKeyBytes(value: unknown): Uint8Array | undefined {
  if (typeof value === 'string') {
    const bytes = bs58.decodeUnsafe(value);
    return bytes?.length === 32 ? bytes : undefined;
  }
  if (typeof value === 'object' && value !== null && '_bn' in value) {
    const hex = value._bn;
    if (typeof hex === 'string' && /^[0-9a-f]{1,64}$/i.test(hex)) {
      return Buffer.from(hex.padStart(64, '0'), 'hex');
    }
  }
  return undefined;
}

function privateKeyObject(seed: Uint8Array): KeyObject {
  return createPrivateKey({
    key: Buffer.concat([PRIVATE_KEY_PREFIX, seed]),
    format: 'der',
    type: 'pkcs8',
  });
}
