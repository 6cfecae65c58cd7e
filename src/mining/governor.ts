import type { Engine } from './engine';
import type { Schedule } from './schedule';

/** The schedule is checked at least this often, so that a machine that slept notices. */
const CHECK_MS = 10_000;

/** Whether the engine mines, and if not, why. */
export type GovernorState = 'mining' | 'paused' | 'outside the schedule';

/** How much of the machine the owner gives, and when. */
export interface Allowance {
  /** Percent of each thread's time to hash while mining is allowed, 1..100. */
  intensity: number;
  schedule: Schedule;
}

/** What the owner allows now. */
export interface Standing {
  state: GovernorState;
  schedule: Schedule;
  /** When the schedule next starts or ends mining; undefined if it never does, or while the owner has paused mining. */
  until: Date | undefined;
}

export interface GovernorOptions extends Allowance {
  /** Receives a line at each change of what the owner allows, and one at the start if hours are set. */
  tell?: (line: string) => void;
  now?: () => Date;
}

/** Lets the owner decide how much of the machine the engine may have, and when. */
export class Governor {
  private paused = false;
  private allowance: Allowance;
  private readonly tell: (line: string) => void;
  private readonly now: () => Date;
  private timer: NodeJS.Timeout | undefined;
  private told: { state: GovernorState; schedule: string; intensity: number };

  /** @throws RangeError when the intensity is not 1..100 */
  constructor(
    private readonly engine: Pick<Engine, 'setIntensity'>,
    { tell = () => undefined, now = () => new Date(), ...allowance }: GovernorOptions,
  ) {
    this.allowance = checked(allowance);
    this.tell = tell;
    this.now = now;
    // If mining is allowed at all hours from the start, there is nothing to report.
    this.told = { state: 'mining', schedule: '', intensity: this.intensity };
    this.apply();
  }

  /** Percent of each thread's time that is mined while mining is allowed, 1..100. */
  get intensity(): number {
    return this.allowance.intensity;
  }

  get state(): GovernorState {
    return this.stateAt(this.now());
  }

  get standing(): Standing {
    const now = this.now();
    const { schedule } = this.allowance;
    const state = this.stateAt(now);
    return { state, schedule, until: state === 'paused' ? undefined : schedule.nextChange(now) };
  }

  /** @throws RangeError when the intensity is not 1..100 */
  configure(allowance: Allowance): void {
    this.allowance = checked(allowance);
    this.apply();
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
    clearTimeout(this.timer);
  }

  private stateAt(time: Date): GovernorState {
    if (this.paused) return 'paused';
    return this.allowance.schedule.allows(time) ? 'mining' : 'outside the schedule';
  }

  private apply(): void {
    const { standing, intensity } = this;
    const { state, until } = standing;
    this.engine.setIntensity(state === 'mining' ? intensity : 0);
    this.tellChange(standing);
    const waitMs = until ? Math.max(1, until.getTime() - this.now().getTime()) : CHECK_MS;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.apply(), Math.min(waitMs, CHECK_MS)).unref();
  }

  private tellChange(standing: Standing): void {
    const { intensity, told } = this;
    const { state, schedule } = standing;
    this.told = { state, schedule: String(schedule), intensity };
    const isSame =
      told.state === state && told.schedule === String(schedule) && told.intensity === intensity;
    if (isSame) return;
    const isResumed = told.state === 'paused' && state !== 'paused';
    this.tell(`${isResumed ? 'resumed by the owner, ' : ''}${this.lineOf(standing)}`);
  }

  private lineOf({ state, schedule: { ranges, clock }, until }: Standing): string {
    const now = `now ${clock.timeOf(this.now())} ${clock.zone}`;
    const to = until ? ` until ${clock.timeOf(until)}` : '';
    const part = this.intensity === 100 ? '' : ` at ${this.intensity} %`;
    const then = part && `, then mining${part}`;
    switch (state) {
      case 'paused':
        return `paused by the owner, ${now}: resting until resumed${then}`;
      case 'outside the schedule':
        return `outside ${ranges}, ${now}: resting${to}${then}`;
      case 'mining':
        return `${ranges ? `within ${ranges}, ` : ''}${now}: mining${part}${to}`;
    }
  }
}

function checked(allowance: Allowance): Allowance {
  const { intensity } = allowance;
  if (!Number.isInteger(intensity) || intensity < 1 || intensity > 100) {
    throw new RangeError(`intensity: expected a whole number from 1 to 100, got ${intensity}`);
  }
  return allowance;
}
