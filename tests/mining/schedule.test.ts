import { expect } from 'chai';
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
  ];
  for (const [text, meant] of written) {
    it(`reads ${text} as ${meant}`, () => {
      expect(String(Schedule.parse(text))).to.equal(meant);
      expect(String(Schedule.parse(meant))).to.equal(meant);
    });
  }

  const unreadable = ['nights', '22:00', '24:00-07:00', '22:00-24:30', '22:00-25:00'];
  for (const bad of [...unreadable, '12:60-13:00', '07:00-07:00', '22-7-9', '123-7', ',']) {
    it(`refuses ${bad}`, () => {
      expect(() => Schedule.parse(bad)).to.throw(RangeError, 'expected hours such as 22:00-07:00');
    });
  }
});
