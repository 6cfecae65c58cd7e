import { expect } from 'chai';
import { flatness } from '../../../cli/soak/flatness';
import type { Sample } from '../../../cli/soak/samples';

/** A run of a number of minutes, with a sample for each. */
const run = (minutes: number, residentMB: (minute: number) => number): Sample[] =>
  Array.from({ length: minutes }, (_, atMin) => ({
    atMin,
    residentMB: residentMB(atMin),
    handles: 30,
    storeMB: 0.2,
    files: 6,
  }));

describe('what a soak calls flat', () => {
  it('is memory that grows while it warms up and then goes up and down', () => {
    const samples = run(30, (minute) => 100 + Math.min(minute, 9) * 10 + (minute % 3) * 4);
    expect(flatness(samples, 'residentMB').isFlat).to.equal(true);
  });

  it('is not memory that grows by a megabyte a minute', () => {
    const leak = flatness(
      run(30, (minute) => 100 + minute + (minute % 3) * 4),
      'residentMB',
    );
    expect(leak.isFlat).to.equal(false);
    expect(leak.perMinute).to.be.closeTo(1, 0.5);
  });

  it('is not memory beyond the limit, however steady', () => {
    expect(
      flatness(
        run(30, () => 600),
        'residentMB',
      ).isFlat,
    ).to.equal(false);
  });

  it('is one sample that strays', () => {
    const samples = run(30, (minute) => (minute === 25 ? 300 : 100));
    expect(flatness(samples, 'residentMB').isFlat).to.equal(true);
  });

  it('can not be told from a few samples', () => {
    expect(() =>
      flatness(
        run(9, () => 100),
        'files',
      ),
    ).to.throw(RangeError, 'too few');
  });
});
