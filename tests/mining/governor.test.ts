import { expect } from 'chai';
import { Governor } from '../../src/mining/governor';
import { Schedule } from '../../src/mining/schedule';

describe('Governor', () => {
  let now = new Date('2026-03-01T12:00:00');
  const told: number[] = [];
  const engine = { setIntensity: (percent: number) => void told.push(percent) };
  let governor: Governor;
  const govern = (schedule: string): Governor =>
    (governor = new Governor(engine, 80, Schedule.parse(schedule), () => now));

  beforeEach(() => void (told.length = 0));
  afterEach(() => governor.close());

  it('pauses, resumes and keeps the intensity that is changed in between', () => {
    const owner = govern('');
    owner.pause();
    expect(owner.state).to.equal('paused');
    owner.intensity = 30;
    owner.resume();
    expect(owner.state).to.equal('mining');
    expect(told).to.deep.equal([80, 0, 0, 30]);
  });

  it('rests outside the schedule, and resuming does not overrule it', () => {
    now = new Date('2026-03-01T12:00:00');
    const owner = govern('22:00-07:00');
    owner.pause();
    owner.resume();
    expect(owner.state).to.equal('outside the schedule');
    expect(told).to.deep.equal([0, 0, 0]);
    now = new Date('2026-03-01T23:00:00');
    owner.resume();
    expect(told.at(-1)).to.equal(80);
  });

  it('refuses an intensity out of range', () => {
    const owner = govern('');
    for (const bad of [0, 101, 1.5, NaN]) {
      expect(() => (owner.intensity = bad)).to.throw(RangeError, 'from 1 to 100');
    }
    expect(owner.intensity).to.equal(80);
  });
});
