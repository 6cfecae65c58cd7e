import { readFileSync } from 'node:fs';

/** How long a process's main thread was ready to run but had no processor, from /proc. */
export class RunQueue {
  /** The longest between two looks, ms. */
  longestMs = 0;
  private last: { pid: number; totalMs: number } | undefined;

  /** @param pid the process, which changes with a restart; undefined while there is none */
  look(pid: number | undefined): void {
    const totalMs = pid === undefined ? undefined : queuedMs(pid);
    if (this.last?.pid === pid && totalMs !== undefined)
      this.longestMs = Math.max(this.longestMs, totalMs - this.last!.totalMs);
    this.last = totalMs === undefined ? undefined : { pid: pid!, totalMs };
  }
}

/** The total since the process started. Linux adds a wait once it is over. */
function queuedMs(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    // It has ended, or the kernel keeps no such statistics.
    return undefined;
  }
}
