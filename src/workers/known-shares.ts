import { EXTRANONCE1_SIZE } from '../consensus';
import type { Attempt } from '../work/attempt';

/** Accepted shares remembered of a round; the oldest give way. */
const MAX_KNOWN = 65_536;

/** What a remote worker says gives its hash, on work it was handed. */
export interface ShareProof {
  /** u32 */
  extranonce2: number;
  /** u32 */
  nonce: number;
  /** 0..65535 */
  versionBits: number;
  /** 0..255 */
  timeOffset: number;
}

/** A share that was accepted, as far as a repeat of it has to be told. */
export interface KnownShare {
  submissionId: string;
  workerId: string;
  hashValue: bigint;
  proof: ShareProof;
  best: boolean;
}

/** The accepted shares of one round, by what was hashed: no two headers have one hash. */
export class KnownShares {
  private readonly byHash = new Map<bigint, KnownShare>();

  /** The share that has this hash, if that was shown by this proof. */
  find(hashValue: bigint, proof: ShareProof): KnownShare | undefined {
    const known = this.byHash.get(hashValue);
    return known && isSame(known.proof, proof) ? known : undefined;
  }

  add(share: KnownShare): void {
    this.byHash.set(share.hashValue, share);
    if (this.byHash.size <= MAX_KNOWN) return;
    this.byHash.delete(this.byHash.keys().next().value!);
  }
}

/** An attempt as who found it submits it. */
export function proofOf(attempt: Attempt): ShareProof {
  const { nonce, versionBits, timeOffset } = attempt;
  const extranonce2 = Buffer.from(attempt.extranonce).readUInt32BE(EXTRANONCE1_SIZE);
  return { extranonce2, nonce, versionBits, timeOffset };
}

function isSame(a: ShareProof, b: ShareProof): boolean {
  return (
    a.extranonce2 === b.extranonce2 &&
    a.nonce === b.nonce &&
    a.versionBits === b.versionBits &&
    a.timeOffset === b.timeOffset
  );
}
