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

/** How far apart two views of the chain may be, in rounds, since one may lag. */
const LAG = 1;

/**
 * The round that runs, if the node's answer can be believed. The SDK may return an error number as the answer, so one
 * that is not next to the expected round, or any if none is expected, must agree with the chain's slots.
 * @param told the node's answer
 * @param bySlots works the round out from the slots
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

/** Slots vary in length, so estimates from them are renewed this often, in short rounds after this part of one. */
const REFRESH_MS = 60_000;
const REFRESH_PART = 0.1;
/** While the windows of a round aren't known: after a failure, and just after the round before. */
const RETRY_MS = 10_000;

/** Knows a round's windows without making anybody wait: they are asked for in the background. */
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

/** The first look at a round that is mined comes after this, or this part of a short round; each wait doubles. */
const FIRST_LOOK_MS = 5000;
const FIRST_LOOK_PART = 0.01;
/** At its estimated end it is looked at once in this part of it: slots may last longer than the node says. */
const SHORTEST_PART = 0.005;
/** After this part of it, what was mined is worth more than another view of the chain (docs/PROTOCOL.md section 3). */
const CORRECTABLE_PART = 0.1;
/** The same if the node doesn't say how long a round is: a tenth of one by config-task.yml. */
const CORRECTABLE_MS = 49_000;
/** For this part of it after its estimated end, a round is mined on while nobody says whether it runs. */
const UNTOLD_PART = 0.1;

/** When to look at a round that is mined, by what is known of its times. All in ms of one Clock. */
export class Looks {
  /** As estimated last; Infinity while unknown. */
  endsAt = Infinity;
  /** Until then, if the chain shows another seed, mining starts over on it. */
  correctableUntil: number;
  private roundMs: number | undefined;
  private waitMs = FIRST_LOOK_MS;

  constructor(nowMs: number) {
    this.correctableUntil = nowMs + CORRECTABLE_MS;
  }

  /** Until then the round is mined on though nobody says whether it runs. */
  get restsAt(): number {
    return this.endsAt + UNTOLD_PART * (this.roundMs ?? 0);
  }

  /** Takes in a new estimate; undefined keeps the one before. */
  learn(times: RoundTimes | undefined): void {
    if (!times) return;
    const { startsAt, endsAt } = times;
    this.endsAt = endsAt;
    const roundMs = endsAt - startsAt;
    if (this.roundMs === undefined) this.waitMs = Math.min(this.waitMs, FIRST_LOOK_PART * roundMs);
    this.roundMs = roundMs;
    this.correctableUntil = startsAt + CORRECTABLE_PART * roundMs;
  }

  /** How long to wait for the next look: a minute at most, for a machine that has slept. */
  nextInMs(nowMs: number): number {
    const { waitMs } = this;
    this.waitMs = Math.min(2 * waitMs, LONGEST_TIMER_MS);
    const leftMs = Math.max(this.endsAt - nowMs, SHORTEST_PART * (this.roundMs ?? 0));
    return Math.min(waitMs, leftMs);
  }
}
