const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
const DASHES = / ?[-\u2010-\u2015\u2212] ?/g;
const RANGE = /^(\d{1,2}(?::\d{2})?)-(\d{1,2}(?::\d{2})?)$/;
/** Hours start or end every day, or later if a day lacks some of them. */
const FARTHEST_CHANGE_MS = 3 * DAY_MINUTES * MINUTE_MS;

/** A half-open range of hours, in minutes since midnight; one that ends before it starts runs past midnight. */
interface Hours {
  start: number;
  end: number;
}

/** When the owner lets the machine mine, by the wall clock of a time zone. */
export class Schedule {
  /** For each minute of the day, whether mining is allowed. */
  private readonly allowed: readonly boolean[];
  /** The minutes of the day at which mining becomes allowed or stops being allowed. */
  private readonly edges: readonly number[];

  private constructor(
    private readonly hours: readonly Hours[],
    /** The clock that the hours refer to. */
    readonly clock: ZoneClock,
    private readonly isZoneNamed: boolean,
  ) {
    const minutes = Array.from({ length: DAY_MINUTES }, (_, minute) => minute);
    this.allowed = minutes.map((minute) => allowsMinute(hours, minute));
    this.edges = minutes.filter((minute) => this.allowed[minute] !== this.allowed.at(minute - 1));
  }

  /**
   * @param text ranges such as "22:00-07:00,12:30-13:30" or "22-7", followed by the name of their time zone, such as
   * Europe/Berlin, unless it is the machine's; empty for always
   * @throws RangeError when it isn't such a list, a range is empty, or there is no such zone
   */
  static parse(text: string): Schedule {
    const zoneAt = text.search(/\p{L}/u);
    const list = zoneAt < 0 ? text : text.slice(0, zoneAt);
    const zone = zoneAt < 0 ? undefined : text.slice(zoneAt).trim();
    const ranges = list
      .replace(/\s+/g, ' ')
      .replace(DASHES, '-')
      .split(/[ ,;]+/)
      .filter(Boolean);
    if (ranges.length === 0 && text.trim() !== '') throw unreadable(text);
    const hours = ranges.map(parseHours);
    return new Schedule(hours, new ZoneClock(zone), zone !== undefined);
  }

  /** The hours as text that `parse` reads, every time written out; empty for always. */
  toString(): string {
    return this.isZoneNamed ? `${this.ranges} ${this.clock.zone}` : this.ranges;
  }

  /** The hours without their zone, every time written out; empty for always. */
  get ranges(): string {
    return this.hours.map(textOf).join(',');
  }

  /** Whether mining is allowed at a time. */
  allows(time: Date): boolean {
    return this.allowed[this.clock.minuteOfDay(time)]!;
  }

  /** The first minute after `from` at which mining becomes allowed or stops being allowed; undefined if never. */
  nextChange(from: Date): Date | undefined {
    if (this.edges.length === 0) return undefined;
    const allowed = this.allows(from);
    const end = from.getTime() + FARTHEST_CHANGE_MS;
    let at = Math.floor(from.getTime() / MINUTE_MS) * MINUTE_MS;
    while (at < end) {
      at = this.nextEdge(at);
      if (this.allows(new Date(at)) !== allowed) return new Date(at);
    }
    return undefined;
  }

  /**
   * The first time after `fromMs` at which hours start or end, or the clock is changed; both in ms since 1970, whole
   * minutes.
   */
  private nextEdge(fromMs: number): number {
    const { clock } = this;
    const minute = clock.minuteOfDay(new Date(fromMs));
    const waits = this.edges.map(
      (edge) => ((edge - minute + 2 * DAY_MINUTES - 1) % DAY_MINUTES) + 1,
    );
    let next = fromMs + Math.min(...waits) * MINUTE_MS;
    const offset = clock.offsetMs(fromMs);
    if (clock.offsetMs(next) === offset) return next;
    for (let last = fromMs; next - last > MINUTE_MS;) {
      const middle = last + Math.floor((next - last) / 2 / MINUTE_MS) * MINUTE_MS;
      if (clock.offsetMs(middle) === offset) last = middle;
      else next = middle;
    }
    return next;
  }
}

/** The wall clock of a time zone. */
class ZoneClock {
  private readonly format: Intl.DateTimeFormat;
  /** Its name as Intl writes it, such as Europe/Berlin or UTC. */
  readonly zone: string;

  /**
   * @param zone its name, in any letter case; the machine's own zone if left out
   * @throws RangeError when there is no such zone
   */
  constructor(zone: string | undefined) {
    try {
      this.format = new Intl.DateTimeFormat('en-US', {
        ...(zone !== undefined && { timeZone: zone }),
        calendar: 'gregory',
        numberingSystem: 'latn',
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
      });
    } catch (error) {
      throw new RangeError(
        `schedule: expected a time zone such as Europe/Berlin, got ${JSON.stringify(zone)}`,
        { cause: error },
      );
    }
    // If the machine's zone has no name, this is a substitute or undefined.
    const { timeZone } = this.format.resolvedOptions() as { timeZone?: string };
    this.zone = timeZone ?? 'local time';
  }

  /** Minutes since midnight on this clock, 0..1439. */
  minuteOfDay(time: Date): number {
    const { hour, minute } = this.partsOf(time);
    return 60 * hour + minute;
  }

  /** How far this clock is ahead of UTC, in ms. @param atMs since 1970, a whole minute */
  offsetMs(atMs: number): number {
    const { year, month, day, hour, minute } = this.partsOf(new Date(atMs));
    return Date.UTC(year, month - 1, day, hour, minute) - Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
  }

  /** Such as "07:05". */
  timeOf(time: Date): string {
    const { hour, minute } = this.partsOf(time);
    return [hour, minute].map((part) => String(part).padStart(2, '0')).join(':');
  }

  private partsOf(time: Date): Record<'year' | 'month' | 'day' | 'hour' | 'minute', number> {
    const parts = { year: 0, month: 0, day: 0, hour: 0, minute: 0 };
    for (const { type, value } of this.format.formatToParts(time)) {
      if (type in parts) parts[type as keyof typeof parts] = Number(value);
    }
    return parts;
  }
}

function allowsMinute(hours: readonly Hours[], minute: number): boolean {
  if (hours.length === 0) return true;
  return hours.some(({ start, end }) =>
    start < end ? start <= minute && minute < end : minute >= start || minute < end,
  );
}

function parseHours(range: string): Hours {
  const [, from, to] = RANGE.exec(range) ?? [];
  const start = minuteOf(from, 23);
  const end = minuteOf(to, 24);
  if (start === undefined || end === undefined || start === end) throw unreadable(range);
  return { start, end };
}

/** Minutes since midnight of "7" or "07:30". @param lastHour 24 if midnight may end a day */
function minuteOf(time = '', lastHour: number): number | undefined {
  const [hour = NaN, minute = 0] = time.split(':').map(Number);
  const minutes = 60 * hour + minute;
  return minute < 60 && minutes <= 60 * lastHour + (lastHour === 24 ? 0 : 59) ? minutes : undefined;
}

function textOf({ start, end }: Hours): string {
  return [start, end]
    .map((minutes) => [Math.floor(minutes / 60), minutes % 60])
    .map((time) => time.map((part) => String(part).padStart(2, '0')).join(':'))
    .join('-');
}

function unreadable(text: string): RangeError {
  return new RangeError(
    `schedule: expected hours such as 22:00-07:00, got ${JSON.stringify(text)}`,
  );
}
