import { isIPv4 } from 'node:net';
import { ipKeyGenerator } from 'express-rate-limit';

/** How many may be there at a time. */
export interface PlaceLimits {
  all: number;
  /** From one address. */
  each: number;
  /** Of all, those that no other machine gets. */
  reservedForLoopback: number;
}

const LOOPBACK = 'loopback';

/** Whether an address is one that this machine alone has. */
export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}

/** Whether a host name or an address stands for the machine that uses it. */
export function isOwnMachine(name: string): boolean {
  return name === 'localhost' || isLoopback(name);
}

/**
 * Places by the address at the other end of a connection, a network of IPv6 counting as one (/56, as the
 * rate limits have it). All of loopback is one address, too: it is the owner's, and whoever comes through a
 * tunnel or a proxy on this machine, so it is bounded only by one other address' share.
 */
export class Places {
  private readonly taken = new Map<string, number>();
  private total = 0;

  constructor(private readonly limits: PlaceLimits) {}

  /**
   * Takes a place.
   * @param address undefined where the other end is gone already
   * @returns what gives the place back, to be called once; undefined where there is none to be had
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
    const { all, each, reservedForLoopback } = this.limits;
    if (this.total >= all) return false;
    if (key === LOOPBACK) return this.takenBy(key) < all - each;
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
