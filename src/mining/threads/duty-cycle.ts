/** Rests shorter than this aren't worth a timer, which may be late by a millisecond or more. */
const SHORTEST_REST_MS = 5;
/** No more than this is made up for: a machine that was asleep doesn't hash for minutes on end, or rest so long. */
const MOST_OWED_MS = 5000;

/** Splits a thread's time into work and rest, so that it works for a given part of it. */
export class DutyCycle {
  private owedMs = 0;

  /** @param percent of the time to work, 0..100; 0 is no work at all */
  constructor(private workPercent = 100) {}

  get percent(): number {
    return this.workPercent;
  }

  set percent(percent: number) {
    this.workPercent = percent;
    this.owedMs = 0;
  }

  /**
   * Counts work, and tells how long to rest now, in ms; 0 for not yet. `percent` must be above 0.
   * @param workedMs how long it took
   */
  restAfter(workedMs: number): number {
    this.owe((workedMs * (100 - this.workPercent)) / this.workPercent);
    return this.owedMs >= SHORTEST_REST_MS ? this.owedMs : 0;
  }

  /** Counts a rest, which may have taken longer or shorter than it should have. */
  rested(ms: number): void {
    this.owe(-ms);
  }

  private owe(ms: number): void {
    this.owedMs = Math.max(-MOST_OWED_MS, Math.min(this.owedMs + ms, MOST_OWED_MS));
  }
}
