import type { Attempt } from '../work/attempt';

/** Accepted shares remembered per round; the oldest are dropped first. */
const MAX_KNOWN = 65_536;

/** What the finder rolled: an attempt without its ground. */
export type Rolled = Omit<Attempt, 'prefix'>;

/** What is kept of an accepted share, to recognize a repeat. */
export interface KnownShare {
  submissionId: string;
  workerId: string;
  hashValue: bigint;
  rolled: Rolled;
  best: boolean;
}

/** The accepted shares of one round by hash: no two headers have the same one. */
export class KnownShares {
  private readonly byHash = new Map<bigint, KnownShare>();

  has(hashValue: bigint): boolean {
    return this.byHash.has(hashValue);
  }

  /** The share with this hash, if `rolled` is what produced it. */
  find(hashValue: bigint, rolled: Rolled): KnownShare | undefined {
    const known = this.byHash.get(hashValue);
    return known && isSame(known.rolled, rolled) ? known : undefined;
  }

  add(share: KnownShare): void {
    this.byHash.set(share.hashValue, share);
    if (this.byHash.size <= MAX_KNOWN) return;
    this.byHash.delete(this.byHash.keys().next().value!);
  }
}

function isSame(a: Rolled, b: Rolled): boolean {
  return (
    a.extranonce2 === b.extranonce2 &&
    a.nonce === b.nonce &&
    a.versionBits === b.versionBits &&
    a.timeOffset === b.timeOffset
  );
}
