import type { Attempt } from '../work/attempt';

/** Accepted shares remembered of a round; the oldest give way. */
const MAX_KNOWN = 65_536;

/** What who found it rolled: an attempt without the ground it was found on. */
export type Rolled = Omit<Attempt, 'prefix'>;

/** A share that was accepted, as far as a repeat of it has to be told. */
export interface KnownShare {
  submissionId: string;
  workerId: string;
  hashValue: bigint;
  rolled: Rolled;
  best: boolean;
}

/** The accepted shares of one round, by what was hashed: no two headers have one hash. */
export class KnownShares {
  private readonly byHash = new Map<bigint, KnownShare>();

  has(hashValue: bigint): boolean {
    return this.byHash.has(hashValue);
  }

  /** The share that has this hash, if that was shown by what is said to give it. */
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
