import * as crypto from 'node:crypto';

type OneShot = (algorithm: string, data: Uint8Array, outputEncoding: 'buffer') => Buffer;

/** Since Node 20.12; about 1.5 times as fast on a header as an object that is made for one hash. */
const oneShot = (crypto as { hash?: OneShot }).hash;

/** SHA-256 of `data` (FIPS 180-4), 32 bytes as the function gives them. */
export function sha256(data: Uint8Array): Buffer {
  if (oneShot) return oneShot('sha256', data, 'buffer');
  return crypto.createHash('sha256').update(data).digest();
}

/** SHA-256 twice, Bitcoin's hash of headers and transactions; 32 bytes as hashed. */
export function sha256d(data: Uint8Array): Buffer {
  return sha256(sha256(data));
}
