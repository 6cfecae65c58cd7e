import type { Engine } from './engine';
import type { Schedule } from './schedule';

/** The hours of the schedule are looked at this often. */
const CHECK_MS = 10_000;

/** Why the engine rests, or that it does not. */
export type GovernorState = 'mining' | 'paused' | 'outside the schedule';

/** Lets the owner decide how much of the machine the engine may have, and when. */
export class Governor {
  private paused = false;
  private percent: number;
  private readonly timer: NodeJS.Timeout;

  /** @param intensity percent of each thread's time, 1..100 */
  constructor(
    private readonly engine: Pick<Engine, 'setIntensity'>,
    intensity: number,
    private hours: Schedule,
    private readonly now: () => Date = () => new Date(),
  ) {
    this.percent = checked(intensity);
    this.apply();
    this.timer = setInterval(() => this.apply(), CHECK_MS).unref();
  }

  /** Percent of each thread's time that is mined while mining is allowed, 1..100. */
  get intensity(): number {
    return this.percent;
  }

  /** @throws RangeError when it is not 1..100 */
  set intensity(percent: number) {
    this.percent = checked(percent);
    this.apply();
  }

  set schedule(hours: Schedule) {
    this.hours = hours;
    this.apply();
  }

  get state(): GovernorState {
    if (this.paused) return 'paused';
    return this.hours.allows(this.now()) ? 'mining' : 'outside the schedule';
  }

  /** Stops hashing until resume; the threads keep their place, so no share is lost and none is found twice. */
  pause(): void {
    this.paused = true;
    this.apply();
  }

  resume(): void {
    this.paused = false;
    this.apply();
  }

  close(): void {
    clearInterval(this.timer);
  }

  private apply(): void {
    this.engine.setIntensity(this.state === 'mining' ? this.percent : 0);
  }
}

function checked(percent: number): number {
  if (!Number.isInteger(percent) || percent < 1 || percent > 100) {
    throw new RangeError(`intensity: expected a whole number from 1 to 100, got ${percent}`);
  }
  return percent;
}
