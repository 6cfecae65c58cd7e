import { readFileSync } from 'node:fs';
import os from 'node:os';

// A process id means nothing after the machine was started anew: another process may have it.

/** A moment, and the boot of the machine that it was in. */
export interface Moment {
  /** By the machine's clock, ms since 1970. */
  atMs: number;
  /** The boot by name, which Linux alone has; null elsewhere. */
  boot: string | null;
}

/** A boot of the machine. */
export interface Boot {
  name: string | null;
  /** When it began, by the clock as it is set now, ms since 1970. */
  beganAtMs: number;
}

/** More than the clock and the uptime differ by rounding, or by a clock that is kept right in small steps. */
const SLACK_MS = 10_000;

/** Now, to be kept for a later process. */
export function thisMoment(): Moment {
  return { atMs: Date.now(), boot: bootName() };
}

/**
 * Whether the machine has been started anew since then. Where Linux names the boots this is exact. Elsewhere it goes by
 * whether the boot began after that moment, not by whether its time has changed, since it changes whenever the clock is
 * corrected. So in doubt it says no: after a correction backwards, and after Windows' fast startup, which goes on with
 * the old boot. It is wrongly yes only if the clock was set forward meanwhile by more than the machine had been up.
 */
export function hasRebootedSince({ atMs, boot }: Moment, now: Boot = thisBoot()): boolean {
  if (boot !== null && now.name !== null) return boot !== now.name;
  return now.beganAtMs > atMs + SLACK_MS;
}

function thisBoot(): Boot {
  return { name: bootName(), beganAtMs: Date.now() - os.uptime() * 1000 };
}

/** As in random(4); a container has its host's. */
function bootName(): string | null {
  if (process.platform !== 'linux') return null;
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || null;
  } catch {
    return null;
  }
}
