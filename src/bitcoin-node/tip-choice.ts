import type { Tip } from '../work/bitcoin-network';

/** A tip as a node shows it. */
export interface ShownTip {
  readonly tip: Tip;
  /** As people write it, most significant byte first. */
  readonly hash: string;
  /** Of the tip itself. */
  readonly height: number;
  /** Hashes that its chain took, as the node says; undefined if it doesn't. */
  readonly chainwork: bigint | undefined;
}

/** What a node shows now. */
export interface TipHolder {
  readonly shown: ShownTip | undefined;
  readonly fault: string | undefined;
}

/** A tip that no node shows any more is kept this long: one may just be behind another, or starting. */
const KEPT_WITHOUT_HOLDER_MS = 60_000;

/** Chooses among the tips that several nodes show: the one of most work, and of equal ones the first. */
export class TipChoice {
  /** Mined on now. */
  inUse: ShownTip | undefined;
  private lostSinceMs: number | undefined;

  /** Looks at what the nodes show. @returns whether another tip is in use now */
  look(holders: readonly TipHolder[], nowMs: number): boolean {
    const tips = holders.flatMap(({ shown, fault }) => (shown && fault === undefined ? shown : []));
    const [first, ...others] = tips;
    const { inUse } = this;
    if (!first || tips.some(({ hash }) => hash === inUse?.hash)) this.lostSinceMs = undefined;
    if (!first) return false;
    const best = others.reduce((best, other) => (hasMoreWork(other, best) ? other : best), first);
    if (!inUse || hasMoreWork(best, inUse)) return this.use(best);
    if (tips.some(({ hash }) => hash === inUse.hash)) return false;
    // Its node went back (a block was declared invalid, the chain made anew), or is gone.
    this.lostSinceMs ??= nowMs;
    return nowMs - this.lostSinceMs >= KEPT_WITHOUT_HOLDER_MS && this.use(best);
  }

  private use(tip: ShownTip): true {
    this.inUse = tip;
    this.lostSinceMs = undefined;
    return true;
  }
}

function hasMoreWork(a: ShownTip, b: ShownTip): boolean {
  return a.chainwork !== undefined && b.chainwork !== undefined
    ? a.chainwork > b.chainwork
    : a.height > b.height;
}
