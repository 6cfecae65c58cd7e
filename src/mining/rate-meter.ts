/** Over less, a message that was late would look like a leap of the rate. */
const SHORTEST_SPAN_MS = 500;

/** The rate of a counter over the last few seconds. */
export class RateMeter {
  private samples: { atMs: number; count: number }[] = [];

  /** @param windowMs how far back the rate looks */
  constructor(
    private readonly windowMs = 5000,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Forgets everything: the counter goes on from `count` now. */
  restart(count = 0): void {
    this.samples = [{ atMs: this.now(), count }];
  }

  /** Forgets everything: nothing is counted until the next restart. */
  stop(): void {
    this.samples = [];
  }

  /** @param count the counter's value now, never less than before */
  update(count: number): void {
    if (this.samples.length === 0) return;
    const atMs = this.now();
    this.samples.push({ atMs, count });
    // One sample from before the window is kept, so that the rate spans all of it.
    while (this.samples.length > 2 && this.samples[1]!.atMs <= atMs - this.windowMs) {
      this.samples.shift();
    }
  }

  /** Counts per second; 0 for the first half second. */
  get perSecond(): number {
    const first = this.samples[0];
    const last = this.samples[this.samples.length - 1];
    if (!first || !last || last.atMs - first.atMs < SHORTEST_SPAN_MS) return 0;
    return ((last.count - first.count) * 1000) / (last.atMs - first.atMs);
  }
}
