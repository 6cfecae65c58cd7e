const TICK_MS = 10;
/** Timers are this late on any machine. */
const USUAL_MS = 5;

/**
 * A clock that stops while this process does not run because the machine is busy, so that what it measures is
 * not the machine's fault.
 */
export class AwakeClock {
  /** In total, and the longest pause, ms. */
  stoodStillMs = 0;
  longestMs = 0;
  private lastAt = performance.now();

  constructor() {
    setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** ms since the process started, less the pauses */
  readonly now = (): number => performance.now() - this.stoodStillMs;

  private tick(): void {
    const now = performance.now();
    const lateMs = now - this.lastAt - TICK_MS;
    this.lastAt = now;
    if (lateMs < USUAL_MS) return;
    this.stoodStillMs += lateMs;
    this.longestMs = Math.max(this.longestMs, lateMs);
  }
}
