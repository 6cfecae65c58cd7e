import { ipKeyGenerator } from 'express-rate-limit';
import { isLoopback } from '../process/places';

/** New connections a second from one address, and how many at once. */
const A_SECOND = 10;
const AT_ONCE = 20;
/** Addresses remembered; the longest unheard are forgotten first. */
const MAX_ADDRESSES = 4_096;

/**
 * Limits how fast one address may open connections; an IPv6 network (/56, as in `Places`) counts as one. This machine's
 * own may do as they like.
 */
export class Arrivals {
  /** By address: what is left, and since when it grows. */
  private readonly left = new Map<string, { tokens: number; atMs: number }>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Whether an address may open one more connection now; counts it if so. */
  isFree(address: string | undefined): boolean {
    if (address === undefined) return false;
    if (isLoopback(address)) return true;
    const key = ipKeyGenerator(address);
    const nowMs = this.now();
    const { tokens, atMs } = this.left.get(key) ?? { tokens: AT_ONCE, atMs: nowMs };
    const now = Math.min(AT_ONCE, tokens + ((nowMs - atMs) / 1000) * A_SECOND);
    this.left.delete(key);
    this.left.set(key, { tokens: now >= 1 ? now - 1 : now, atMs: nowMs });
    if (this.left.size > MAX_ADDRESSES) this.left.delete(this.left.keys().next().value!);
    return now >= 1;
  }
}
