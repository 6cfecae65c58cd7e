import { isIPv4 } from 'node:net';
import { ipKeyGenerator } from 'express-rate-limit';

/** How many places there are. */
export interface PlaceLimits {
  all: number;
  /** For one address. */
  each: number;
  /** How many of them are kept for loopback. */
  reservedForLoopback: number;
  /** How many loopback may take; by default everything but one other address' share. */
  forLoopback?: number;
}

/** Whether an address is a loopback address. */
export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}

const LOOPBACK = 'loopback';

/**
 * Limits connections by remote address. An IPv6 network (/56, as in the rate limits) counts as one address, and so does
 * all of loopback. Loopback serves the owner and whoever comes through a tunnel or proxy on this machine, so it may
 * take much more.
 */
export class Places {
  private readonly taken = new Map<string, number>();
  private total = 0;

  constructor(private readonly limits: PlaceLimits) {}

  /**
   * Takes a place.
   * @param address undefined if the client is already gone
   * @returns a function that gives the place back, to be called once; undefined if there is no place
   */
  take(address: string | undefined): (() => void) | undefined {
    if (address === undefined) return undefined;
    const key = isLoopback(address) ? LOOPBACK : ipKeyGenerator(address);
    if (!this.isFreeFor(key)) return undefined;
    this.total++;
    this.taken.set(key, this.takenBy(key) + 1);
    return () => this.giveBack(key);
  }

  private isFreeFor(key: string): boolean {
    const { all, each, reservedForLoopback, forLoopback = all - each } = this.limits;
    if (this.total >= all) return false;
    if (key === LOOPBACK) return this.takenBy(key) < forLoopback;
    const byStrangers = this.total - this.takenBy(LOOPBACK);
    return this.takenBy(key) < each && byStrangers < all - reservedForLoopback;
  }

  private takenBy(key: string): number {
    return this.taken.get(key) ?? 0;
  }

  private giveBack(key: string): void {
    this.total--;
    const left = this.takenBy(key) - 1;
    if (left > 0) this.taken.set(key, left);
    else this.taken.delete(key);
  }
}
