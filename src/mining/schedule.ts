const RANGE = /^(\d{1,2}(?::\d{2})?)-(\d{1,2}(?::\d{2})?)$/;

/** Hours of the day, half-open, in minutes since local midnight; one that ends before it starts goes over midnight. */
interface Hours {
  start: number;
  end: number;
}

/** When the owner lets the machine mine. */
export class Schedule {
  private constructor(private readonly hours: readonly Hours[]) {}

  /**
   * @param text ranges such as "22:00-07:00,12:30-13:30" or "22-7", in local time; empty for always
   * @throws RangeError when it isn't such a list, or a range is empty
   */
  static parse(text: string): Schedule {
    const ranges = text
      .replace(/\s*[-\u2013]\s*/g, '-')
      .split(/[\s,;]+/)
      .filter(Boolean);
    if (ranges.length === 0 && text !== '') throw unreadable(text);
    return new Schedule(ranges.map(parseHours));
  }

  /** Such text as `parse` reads, every time written out. */
  toString(): string {
    return this.hours.map(textOf).join(',');
  }

  /** Whether mining is allowed at a time of the local day. */
  allows(time: Date): boolean {
    if (this.hours.length === 0) return true;
    const minute = time.getHours() * 60 + time.getMinutes();
    return this.hours.some(({ start, end }) =>
      start < end ? start <= minute && minute < end : minute >= start || minute < end,
    );
  }
}

function parseHours(range: string): Hours {
  const [, from, to] = RANGE.exec(range) ?? [];
  const start = minuteOf(from, 23);
  const end = minuteOf(to, 24);
  if (start === undefined || end === undefined || start === end) throw unreadable(range);
  return { start, end };
}

/** Minutes since midnight of "7" or "07:30". @param lastHour 24 where midnight may be the end of a day */
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
