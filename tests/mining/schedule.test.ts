import { expect } from 'chai';
import fc from 'fast-check';
import { Schedule } from '../../src/mining/schedule';

const at = (time: string): Date => new Date(`2026-03-01T${time}:00`);

describe('Schedule', () => {
  it('allows everything when it is empty', () => {
    expect(Schedule.parse('').allows(at('03:00'))).to.equal(true);
  });

  const cases: [string, string, boolean][] = [
    ['09:00-17:00', '08:59', false],
    ['09:00-17:00', '09:00', true],
    ['09:00-17:00', '16:59', true],
    ['09:00-17:00', '17:00', false],
    ['22:00-07:00', '21:59', false],
    ['22:00-07:00', '22:00', true],
    ['22:00-07:00', '00:00', true],
    ['22:00-07:00', '06:59', true],
    ['22:00-07:00', '07:00', false],
    ['22:00-07:00, 12:30-13:30', '13:00', true],
    ['22:00-07:00,12:30-13:30', '14:00', false],
    ['22:00-00:00', '23:59', true],
    ['22:00-00:00', '00:00', false],
    ['22:00-24:00', '23:59', true],
    ['22:00-24:00', '00:00', false],
    ['00:00-24:00', '12:00', true],
  ];
  for (const [text, time, allowed] of cases) {
    it(`${allowed ? 'allows' : 'forbids'} ${time} by ${text}`, () => {
      expect(Schedule.parse(text).allows(at(time))).to.equal(allowed);
    });
  }

  const written: [string, string][] = [
    ['22-7', '22:00-07:00'],
    ['9:00-17:30', '09:00-17:30'],
    ['22:00 \u2013 07:00', '22:00-07:00'],
    ['22:00-07:00; 12:30-13:30', '22:00-07:00,12:30-13:30'],
    ['8-9 18-24', '08:00-09:00,18:00-24:00'],
    ['7:00-22:00', '07:00-22:00'],
    [' 7 -22 ', '07:00-22:00'],
    ['22:00-07:00 ,  12:30 - 13:30', '22:00-07:00,12:30-13:30'],
    ['22:00-07:00 Europe/Berlin', '22:00-07:00 Europe/Berlin'],
    ['22-7, 12:30-13:30  europe/berlin ', '22:00-07:00,12:30-13:30 Europe/Berlin'],
    ['22-7,Europe/Berlin', '22:00-07:00 Europe/Berlin'],
    ['22-7 utc', '22:00-07:00 UTC'],
    ['22-7 America/Port-au-Prince', '22:00-07:00 America/Port-au-Prince'],
    ['22-7 Etc/GMT-5', '22:00-07:00 Etc/GMT-5'],
    ['  ', ''],
  ];
  for (const [text, meant] of written) {
    it(`reads ${text} as ${meant}`, () => {
      expect(String(Schedule.parse(text))).to.equal(meant);
      expect(String(Schedule.parse(meant))).to.equal(meant);
    });
  }

  const unreadable = ['nights', '22:00', '24:00-07:00', '22:00-24:30', '22:00-25:00'];
  for (const bad of [
    ...unreadable,
    '12:60-13:00',
    '07:00-07:00',
    '22-7-9',
    '123-7',
    ',',
    'UTC',
    '7am-10pm',
  ]) {
    it(`refuses ${bad}`, () => {
      expect(() => Schedule.parse(bad)).to.throw(RangeError, 'expected hours such as 22:00-07:00');
    });
  }

  for (const zone of ['Berlin', 'Europe/Bern', 'UTC+2', 'am', 'Europe/Berlin Asia/Tokyo']) {
    it(`refuses the time zone ${zone}`, () => {
      expect(() => Schedule.parse(`22:00-07:00 ${zone}`)).to.throw(
        RangeError,
        `expected a time zone such as Europe/Berlin, got "${zone}"`,
      );
    });
  }

  it("means the machine's zone where none is named", () => {
    const { zone } = Schedule.parse('22-7').clock;
    expect(zone).to.equal(Intl.DateTimeFormat().resolvedOptions().timeZone);
    const time = at('03:00');
    const own = Schedule.parse('2:59-3:01');
    expect([own.allows(time), own.clock.timeOf(time)]).to.deep.equal([true, '03:00']);
  });

  it('goes by the wall clock of its zone, in summer and in winter', () => {
    const nights = Schedule.parse('22-7 Europe/Berlin');
    const allowed = (time: string): boolean => nights.allows(new Date(time));
    expect(allowed('2026-01-15T20:59:59Z')).to.equal(false);
    expect(allowed('2026-01-15T21:00:00Z')).to.equal(true);
    expect(allowed('2026-07-15T19:59:59Z')).to.equal(false);
    expect(allowed('2026-07-15T20:00:00Z')).to.equal(true);
  });

  const changes: [string, string, string, string | undefined][] = [
    ['22-7 Europe/Berlin', '2026-11-26T12:27:31Z', '2026-11-26T21:00:00Z', 'an evening'],
    ['22-7 Europe/Berlin', '2026-11-26T21:00:00Z', '2026-11-27T06:00:00Z', 'a morning'],
    ['22-7 Europe/Berlin', '2026-03-28T21:00:00Z', '2026-03-29T05:00:00Z', 'a night an hour short'],
    ['22-7 Europe/Berlin', '2026-10-24T20:00:00Z', '2026-10-25T06:00:00Z', 'a night an hour long'],
    ['2:30-2:45 Europe/Berlin', '2026-03-29T00:00:00Z', '2026-03-30T00:30:00Z', 'hours left out'],
    ['2:30-3 Europe/Berlin', '2026-10-25T01:00:00Z', '2026-10-25T01:30:00Z', 'hours come twice'],
    ['2:05-4 Australia/Lord_Howe', '2026-10-03T15:29:00Z', '2026-10-03T15:30:00Z', 'half an hour'],
    ['20-22,22-24,0-1 UTC', '2026-11-26T20:30:00Z', '2026-11-27T01:00:00Z', 'ranges that touch'],
  ];
  for (const [text, from, until, name] of changes) {
    it(`knows when it changes next: ${name}`, () => {
      expect(Schedule.parse(text).nextChange(new Date(from))).to.deep.equal(new Date(until));
    });
  }

  it('never changes where it covers the day', () => {
    for (const text of ['', '0-24', '0:00-24:00 Europe/Berlin', '0-12,12-24', '22-7,6-23']) {
      expect(Schedule.parse(text).nextChange(at('03:00')), text).to.equal(undefined);
    }
  });

  it('changes at the first minute that is allowed otherwise, also around a change of the clock', () => {
    const switches = {
      'Europe/Berlin': ['2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z'],
      'America/St_Johns': ['2026-03-08T05:30:00Z', '2026-11-01T04:30:00Z'],
      'Australia/Lord_Howe': ['2026-04-04T15:00:00Z', '2026-10-03T15:30:00Z'],
      'Asia/Kathmandu': ['2026-06-01T00:00:00Z'],
      UTC: ['2026-06-01T00:00:00Z'],
    };
    const near = Object.entries(switches).flatMap(([zone, times]) =>
      times.map((time) => ({ zone, aroundMs: Date.parse(time) })),
    );
    const timeOfDay = fc.integer({ min: 0, max: 1439 });
    const text = (minute: number): string =>
      `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`;
    const range = fc
      .tuple(timeOfDay, timeOfDay)
      .filter(([start, end]) => start !== end)
      .map((times) => times.map(text).join('-'));
    // Whole days before and after the change, and any second within a minute.
    const offsetMs = fc.integer({ min: -2 * 86_400_000, max: 43_200_000 });
    fc.assert(
      fc.property(
        fc.constantFrom(...near),
        fc.array(range, { minLength: 1, maxLength: 3 }),
        offsetMs,
        ({ zone, aroundMs }, ranges, offset) => {
          const schedule = Schedule.parse(`${ranges.join()} ${zone}`);
          const from = aroundMs + offset;
          const allowed = schedule.allows(new Date(from));
          const firstMs = Math.floor(from / 60_000) * 60_000;
          let changeMs: number | undefined;
          for (let minute = 1; minute <= 2 * 1440 && changeMs === undefined; minute++) {
            const atMs = firstMs + minute * 60_000;
            if (schedule.allows(new Date(atMs)) !== allowed) changeMs = atMs;
          }
          const change = schedule.nextChange(new Date(from))?.getTime();
          // If a day leaves hours out, nothing may change for longer than searched here.
          if (changeMs !== undefined) expect(change).to.equal(changeMs);
          else if (change !== undefined) expect(change).to.be.greaterThan(from + 2 * 86_400_000);
        },
      ),
      { numRuns: 200 },
    );
  });
});
