const TICK_MS = 10;
/** Timers are late by so much on any machine. */
const USUAL_MS = 5;

/**
 * A clock that stands still while this process does, because the machine has others to run: what is measured by it is
 * not the machine's doing.
 */
export class AwakeClock {
  /** In all, and the longest at once, ms. */
  stoodStillMs = 0;
  longestMs = 0;
  private lastAt = performance.now();

  constructor() {
    setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** ms since the process started, less those in which it stood still */
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
