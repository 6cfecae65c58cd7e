import { FLOOR } from '../consensus';
import type { Share } from './share';

/** What became of a share: among the K best now, too high, or there already. */
export type Admission = 'best' | 'surpassed' | 'duplicate';

/** Collects the K lowest shares of a round. */
export class BestShares {
  /** By hash value, ascending; at most K. */
  private readonly shares: Share[] = [];

  /** @param k shares that a full proof of the round's work source has */
  constructor(
    private readonly k: number,
    private readonly floor: bigint = FLOOR,
  ) {}

  /** Takes a share in when it is among the K lowest seen. */
  add(share: Share): Admission {
    if (share.hashValue > this.limit) return 'surpassed';
    const at = this.shares.findIndex((held) => held.hashValue >= share.hashValue);
    // One hash is one header, so an equal value is the same share again.
    if (at >= 0 && this.shares[at]!.hashValue === share.hashValue) return 'duplicate';
    this.shares.splice(at >= 0 ? at : this.shares.length, 0, share);
    this.shares.length = Math.min(this.shares.length, this.k);
    return 'best';
  }

  /** The highest hash value that could still enter: the floor, then the K-th best. */
  get limit(): bigint {
    const last = this.shares[this.k - 1];
    return last ? last.hashValue : this.floor;
  }

  /** The K lowest, by hash value ascending. */
  list(): readonly Share[] {
    return this.shares;
  }
}
