import { LONGEST_TIMER_MS } from '../clock';
import type { RoundTimes } from './round-clock';

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
