import { NotYetError } from '../audit/seeds';
import { LONGEST_TIMER_MS } from '../process/clock';

/** When a round's windows are, in ms since 1970. */
export interface RoundTimes {
  round: number;
  startsAt: number;
  submissionEndsAt: number;
  auditEndsAt: number;
  endsAt: number;
}

/** How far two views of the chain may lie apart, in rounds: one of them may lag. */
const LAG = 1;

/**
 * The round that runs, of what the node says. The SDK gives error numbers as answers: one that is not near the round that
 * is expected, or any where none is, must agree with the chain's slots.
 * @param told the node's answer
 * @param bySlots asks for the round as the slots give it
 * @throws NotYetError when the two contradict each other, and what `bySlots` throws
 */
export async function believedRound(
  told: number,
  expected: number | undefined,
  bySlots: () => Promise<number>,
): Promise<number> {
  if (expected !== undefined && Math.abs(expected - told) <= LAG) return told;
  const computed = await bySlots();
  if (Math.abs(computed - told) <= LAG) return told;
  throw new NotYetError(`the node says that round ${told} runs, by its slots it is ${computed}`);
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

/** A round that is mined is looked at again after this, in a round of minutes, or this part of it; then after twice as long, each time. */
const FIRST_LOOK_MS = 5000;
const FIRST_LOOK_PART = 0.01;
/** At its estimated end no more often than this part of it: slots last longer than the node says. */
const SHORTEST_PART = 0.005;
/** Later than this, what was mined is worth more than another view of the chain (docs/PROTOCOL.md section 3). */
const CORRECTABLE_PART = 0.1;
/** The same where the node doesn't tell how long a round is: a tenth of one by config-task.yml. */
const CORRECTABLE_MS = 49_000;
/** So long after its estimated end a round is mined on while nobody tells whether it runs. */
const UNTOLD_PART = 0.1;

/** When a round that is mined is to be looked at, by what is known of its times. All in ms of one Clock. */
export class Looks {
  /** As estimated last; Infinity while unknown. */
  endsAt = Infinity;
  /** Until then another seed is mined on. */
  correctableUntil: number;
  private roundMs: number | undefined;
  private waitMs = FIRST_LOOK_MS;

  constructor(nowMs: number) {
    this.correctableUntil = nowMs + CORRECTABLE_MS;
  }

  /** Until then it is mined on though nobody tells whether it runs. */
  get restsAt(): number {
    return this.endsAt + UNTOLD_PART * (this.roundMs ?? 0);
  }

  /** Takes in a new estimate; undefined leaves the one before. */
  learn(times: RoundTimes | undefined): void {
    if (!times) return;
    const { startsAt, endsAt } = times;
    this.endsAt = endsAt;
    const roundMs = endsAt - startsAt;
    if (this.roundMs === undefined) this.waitMs = Math.min(this.waitMs, FIRST_LOOK_PART * roundMs);
    this.roundMs = roundMs;
    this.correctableUntil = startsAt + CORRECTABLE_PART * roundMs;
  }

  /** How long to wait for the next look. A machine that slept is to notice within a minute. */
  nextInMs(nowMs: number): number {
    const { waitMs } = this;
    this.waitMs = Math.min(2 * waitMs, LONGEST_TIMER_MS);
    const leftMs = Math.max(this.endsAt - nowMs, SHORTEST_PART * (this.roundMs ?? 0));
    return Math.min(waitMs, leftMs);
  }
}
