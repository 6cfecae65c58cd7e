import { createHash } from 'node:crypto';

/** SHA-256 of `data` (FIPS 180-4), 32 bytes as the function gives them. */
export function sha256(data: Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}

/** SHA-256 twice, Bitcoin's hash of headers and transactions; 32 bytes as hashed. */
export function sha256d(data: Uint8Array): Buffer {
  return sha256(sha256(data));
}
