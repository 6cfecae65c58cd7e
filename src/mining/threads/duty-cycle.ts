/** Rests shorter than this aren't worth a timer, which may be late by a millisecond or more. */
const SHORTEST_REST_MS = 5;
/** At most this much is made up for, so that a machine that was asleep doesn't hash, or rest, for minutes on end. */
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
   * Counts work and returns how long to rest now, in ms; 0 if not yet. `percent` must be above 0.
   * @param workedMs how long the work took
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
