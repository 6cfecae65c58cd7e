const RANGE = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/;

/** Hours of the day, half-open, in minutes since local midnight; one that ends before it starts goes over midnight. */
interface Hours {
  start: number;
  end: number;
}

/** When the owner lets the machine mine. */
export class Schedule {
  private constructor(
    private readonly text: string,
    private readonly hours: readonly Hours[],
  ) {}

  /**
   * @param text ranges such as "22:00-07:00,12:30-13:30", in local time; empty for always
   * @throws RangeError when it isn't such a list, or a range is empty
   */
  static parse(text: string): Schedule {
    return new Schedule(text, text === '' ? [] : text.split(',').map(parseHours));
  }

  toString(): string {
    return this.text;
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
  const match = RANGE.exec(range.trim());
  const [startHour, startMinute, endHour, endMinute] = match?.slice(1).map(Number) ?? [];
  const start = startHour! * 60 + startMinute!;
  const end = endHour! * 60 + endMinute!;
  if (!match || start === end) {
    throw new RangeError(
      `schedule: expected hours such as 22:00-07:00, got ${JSON.stringify(range)}`,
    );
  }
  return { start, end };
}
