/** When a round's windows are, in ms since 1970. */
export interface RoundTimes {
  round: number;
  startsAt: number;
  submissionEndsAt: number;
  auditEndsAt: number;
  endsAt: number;
}

/** Slots don't last equally long: what was computed from them is computed again so often, in short rounds after this part of one. */
const REFRESH_MS = 60_000;
const REFRESH_PART = 0.1;
/** After a failure, and while the round is the one before. */
const RETRY_MS = 10_000;

/** Knows the windows of a round without making anybody wait: they are asked for in the background. */
export class RoundClock {
  private times: RoundTimes | undefined;
  private asking = false;
  private askedAt = -Infinity;
  private askedRound: number | undefined;

  constructor(
    private readonly ask: (round: number) => Promise<RoundTimes>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The windows of a round; undefined while they are not known. */
  timesOf(round: number): RoundTimes | undefined {
    const known = this.times?.round === round ? this.times : undefined;
    const keptMs = known
      ? Math.min(REFRESH_MS, REFRESH_PART * (known.endsAt - known.startsAt))
      : RETRY_MS;
    const isDue = this.askedRound !== round || this.now() - this.askedAt > keptMs;
    if (isDue && !this.asking) void this.refresh(round);
    return known;
  }

  private async refresh(round: number): Promise<void> {
    this.asking = true;
    this.askedAt = this.now();
    this.askedRound = round;
    try {
      this.times = await this.ask(round);
    } catch {
      // The node call that failed is counted where it was made; the next try comes by itself.
    } finally {
      this.asking = false;
    }
  }
}
