/** Over a shorter span, a late message would look like a leap of the rate. */
const SHORTEST_SPAN_MS = 500;

/** The rate of a counter over the last few seconds in which it was watched. */
export class RateMeter {
  /** Running totals of what was measured, the first from just before the window. */
  private totals = [{ ms: 0, count: 0 }];
  /** The start of the span being measured; undefined if there is none. */
  private last: { atMs: number; count: number } | undefined;

  /** @param windowMs how far back the rate looks */
  constructor(
    private readonly windowMs = 5000,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Forgets everything: the counter goes on from `count` now. */
  restart(count = 0): void {
    this.totals = [{ ms: 0, count: 0 }];
    this.last = { atMs: this.now(), count };
  }

  /** Leaves out the time until the next update, in which the counter may stand still or start anew. */
  interrupt(): void {
    this.last = undefined;
  }

  /** @param count the counter's value now; without an interruption never less than before */
  update(count: number): void {
    const atMs = this.now();
    const { totals, last } = this;
    this.last = { atMs, count };
    if (!last) return;
    const before = totals[totals.length - 1]!;
    const ms = before.ms + atMs - last.atMs;
    totals.push({ ms, count: before.count + count - last.count });
    while (totals.length > 2 && totals[1]!.ms <= ms - this.windowMs) totals.shift();
  }

  /** Counts per second; undefined until half a second has been measured. */
  get perSecond(): number | undefined {
    const first = this.totals[0]!;
    const last = this.totals[this.totals.length - 1]!;
    const ms = last.ms - first.ms;
    return ms < SHORTEST_SPAN_MS ? undefined : ((last.count - first.count) * 1000) / ms;
  }
}
