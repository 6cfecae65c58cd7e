import { expect } from 'chai';
import { Governor } from '../../src/mining/governor';
import { Schedule } from '../../src/mining/schedule';
import { until } from '../fixtures/until';

const ALWAYS = Schedule.parse('');
const NIGHTS = Schedule.parse('22-7 Europe/Berlin');

describe('Governor', () => {
  let now: Date;
  let percents: number[];
  let lines: string[];
  let governor: Governor | undefined;
  const govern = (schedule: Schedule, intensity = 100): Governor => {
    const engine = { setIntensity: (percent: number) => void percents.push(percent) };
    const tell = (line: string) => void lines.push(line);
    return (governor = new Governor(engine, { intensity, schedule, tell, now: () => now }));
  };
  /** In Berlin, in winter. */
  const at = (time: string) => void (now = new Date(`2026-11-26T${time}:00+01:00`));

  beforeEach(() => {
    [percents, lines] = [[], []];
    at('13:27');
  });
  afterEach(() => governor?.close());

  it('pauses, resumes and keeps the intensity that is changed in between', () => {
    const owner = govern(ALWAYS, 80);
    owner.pause();
    expect(owner.state).to.equal('paused');
    owner.configure({ intensity: 30, schedule: ALWAYS });
    owner.resume();
    expect(owner.state).to.equal('mining');
    expect(owner.intensity).to.equal(30);
    expect(percents).to.deep.equal([80, 0, 0, 30]);
  });

  it('rests outside the schedule, and resuming does not overrule it', () => {
    const owner = govern(NIGHTS, 80);
    owner.pause();
    owner.resume();
    expect(owner.state).to.equal('outside the schedule');
    expect(percents).to.deep.equal([0, 0, 0]);
    at('23:00');
    owner.resume();
    expect(percents.at(-1)).to.equal(80);
  });

  it('tells at the start that it is outside the hours', () => {
    govern(NIGHTS);
    expect(lines).to.deep.equal([
      'outside 22:00-07:00, now 13:27 Europe/Berlin: resting until 22:00',
    ]);
  });

  it('tells nothing at the start where all hours are allowed', () => {
    govern(ALWAYS);
    expect(lines).to.deep.equal([]);
  });

  it('tells each change once, with the time, its zone and until when', () => {
    const owner = govern(ALWAYS);
    const allow = (schedule: Schedule, intensity = 100): void =>
      owner.configure({ intensity, schedule });
    const told = (change: () => void): string[] => {
      change();
      owner.configure({ intensity: owner.intensity, schedule: owner.standing.schedule });
      return lines.splice(0);
    };
    const zone = 'Europe/Berlin';
    expect(told(() => allow(NIGHTS))).to.deep.equal([
      `outside 22:00-07:00, now 13:27 ${zone}: resting until 22:00`,
    ]);
    expect(told(() => at('22:00'))).to.deep.equal([
      `within 22:00-07:00, now 22:00 ${zone}: mining until 07:00`,
    ]);
    expect(told(() => allow(NIGHTS, 40))).to.deep.equal([
      `within 22:00-07:00, now 22:00 ${zone}: mining at 40 % until 07:00`,
    ]);
    expect(told(() => owner.pause())).to.deep.equal([
      `paused by the owner, now 22:00 ${zone}: resting until resumed, then mining at 40 %`,
    ]);
    expect(told(() => allow(NIGHTS))).to.deep.equal([
      `paused by the owner, now 22:00 ${zone}: resting until resumed`,
    ]);
    expect(told(() => owner.resume())).to.deep.equal([
      `resumed by the owner, within 22:00-07:00, now 22:00 ${zone}: mining until 07:00`,
    ]);
    expect(told(() => allow(Schedule.parse('22-7 UTC')))).to.deep.equal([
      'outside 22:00-07:00, now 21:00 UTC: resting until 22:00',
    ]);
    expect(told(() => allow(Schedule.parse('0-24 UTC')))).to.deep.equal([
      'within 00:00-24:00, now 21:00 UTC: mining',
    ]);
    expect(told(() => undefined)).to.deep.equal([]);
  });

  it('looks at the hours by itself when they change, to the minute', async () => {
    now = new Date('2026-11-26T21:59:59.900+01:00');
    const owner = govern(NIGHTS);
    expect(owner.standing.until?.toISOString()).to.equal('2026-11-26T21:00:00.000Z');
    at('22:00');
    const startedAt = performance.now();
    await until(() => percents.at(-1) === 100);
    // If it only looked every ten seconds, it would take that long.
    expect(performance.now() - startedAt).to.be.lessThan(8000);
    expect(lines).to.have.length(2);
    expect(owner.standing.until?.toISOString()).to.equal('2026-11-27T06:00:00.000Z');
  });

  it('notices in ten seconds that the hours changed while the machine slept', async () => {
    const real = globalThis.setTimeout;
    // A hundred times faster.
    globalThis.setTimeout = ((act: () => void, ms: number) => {
      expect(ms).to.be.at.most(10_000);
      return real(act, ms / 100);
    }) as typeof setTimeout;
    try {
      govern(NIGHTS);
    } finally {
      globalThis.setTimeout = real;
    }
    at('22:30');
    await until(() => percents.at(-1) === 100);
    expect(lines.at(-1)).to.equal(
      'within 22:00-07:00, now 22:30 Europe/Berlin: mining until 07:00',
    );
  });

  it('says of a pause until when only the owner knows', () => {
    const owner = govern(NIGHTS);
    owner.pause();
    expect(owner.standing.until).to.equal(undefined);
  });

  it('refuses an intensity out of range', () => {
    const owner = govern(ALWAYS, 80);
    for (const intensity of [0, 101, 1.5, NaN]) {
      expect(() => owner.configure({ intensity, schedule: ALWAYS })).to.throw(
        RangeError,
        'from 1 to 100',
      );
    }
    expect(owner.intensity).to.equal(80);
  });
});
