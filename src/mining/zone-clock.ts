const MINUTE_MS = 60_000;

/** The wall clock of a time zone. */
export class ZoneClock {
  private readonly format: Intl.DateTimeFormat;
  /** Its name as Intl writes it, such as Europe/Berlin or UTC. */
  readonly zone: string;

  /**
   * @param zone its name, in any letter case; the machine's own zone where it is left out
   * @throws RangeError when there is no such zone
   */
  constructor(zone: string | undefined) {
    try {
      this.format = new Intl.DateTimeFormat('en-US', {
        ...(zone !== undefined && { timeZone: zone }),
        ...{ calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23' },
        ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
        ...{ hour: 'numeric', minute: 'numeric' },
      });
    } catch (error) {
      throw new RangeError(
        `schedule: expected a time zone such as Europe/Berlin, got ${JSON.stringify(zone)}`,
        { cause: error },
      );
    }
    // Of a machine whose zone has no name, this says so, or nothing.
    const { timeZone } = this.format.resolvedOptions() as { timeZone?: string };
    this.zone = timeZone ?? 'local time';
  }

  /** Minutes that its clock shows since midnight, 0..1439. */
  minuteOfDay(time: Date): number {
    const { hour, minute } = this.partsOf(time);
    return 60 * hour + minute;
  }

  /** What its clock is ahead of UTC. @param atMs since 1970, a whole minute */
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
