import type { Share } from '../../src/proof/shares';

/** A share with a made-up hash value. */
export function shareWith(hashValue: bigint, segment = 0): Share {
  return {
    prefix: 0,
    extranonce2: 0,
    versionBits: 0,
    timeOffset: 0,
    nonce: 0,
    segment,
    hashValue,
  };
}
