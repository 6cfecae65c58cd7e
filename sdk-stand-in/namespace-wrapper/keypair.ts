import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import bs58 from 'bs58';

// DER around the 32 raw bytes of an Ed25519 key (RFC 8410 sections 4 and 7).
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SIGNATURE_BYTES = 64;

/** An Ed25519 public key: 32 bytes, base58 in text and in JSON. */
export class PublicKey {
  readonly #bytes: Uint8Array;

  /** Takes base58 text or the 32 raw bytes; throws on any other length. */
  constructor(value: string | Uint8Array) {
    this.#bytes = typeof value === 'string' ? bs58.decode(value) : Uint8Array.from(value);
    if (this.#bytes.length !== 32) throw new Error('Invalid public key input');
  }

  toBytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  toBase58(): string {
    return bs58.encode(this.#bytes);
  }

  toString(): string {
    return this.toBase58();
  }

  toJSON(): string {
    return this.toBase58();
  }
}

/** An Ed25519 key pair; its secret key is seed(32) || public key(32), as web3.js and NaCl keep it. */
export class Keypair {
  readonly publicKey: PublicKey;
  readonly #secretKey: Uint8Array;

  private constructor(secretKey: Uint8Array) {
    this.#secretKey = secretKey;
    this.publicKey = new PublicKey(secretKey.subarray(32));
  }

  static generate(): Keypair {
    const { privateKey } = generateKeyPairSync('ed25519');
    const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
    return new Keypair(Buffer.concat([seed, publicKeyOf(privateKey)]));
  }

  /** Throws unless it is 64 bytes whose second half is the public key of the first. */
  static fromSecretKey(secretKey: Uint8Array): Keypair {
    if (secretKey.length !== 64) throw new Error('bad secret key size');
    const publicKey = publicKeyOf(privateKeyOf(secretKey));
    if (!publicKey.equals(secretKey.subarray(32))) throw new Error('provided secretKey is invalid');
    return new Keypair(Uint8Array.from(secretKey));
  }

  get secretKey(): Uint8Array {
    return Uint8Array.from(this.#secretKey);
  }
}

/** NaCl's signed message: signature(64) || message. */
export function signMessage(message: Uint8Array, secretKey: Uint8Array): Uint8Array {
  return Buffer.concat([sign(null, message, privateKeyOf(secretKey)), message]);
}

/** The message inside a signed message, or null when the signature is not this key's. */
export function openMessage(signed: Uint8Array, publicKey: PublicKey): Uint8Array | null {
  const der = Buffer.concat([SPKI_PREFIX, publicKey.toBytes()]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  const message = signed.subarray(SIGNATURE_BYTES);
  return verify(null, message, key, signed.subarray(0, SIGNATURE_BYTES)) ? message : null;
}

function privateKeyOf(secretKey: Uint8Array): KeyObject {
  const der = Buffer.concat([PKCS8_PREFIX, secretKey.subarray(0, 32)]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

function publicKeyOf(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
}
