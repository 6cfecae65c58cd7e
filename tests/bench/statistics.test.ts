import { expect } from 'chai';
import { percentileOf, spreadOf } from '../../bench/statistics';

describe('spreadOf', () => {
  it('takes the middle sample of an odd number, whatever their order', () => {
    expect(spreadOf([10, 9, 1, 100, 2])).to.deep.equal({ median: 9, min: 1, max: 100 });
  });

  it('takes the mean of the middle two of an even number', () => {
    expect(spreadOf([4, 1, 2, 10])).to.deep.equal({ median: 3, min: 1, max: 10 });
  });

  it('takes a single sample for all three', () => {
    expect(spreadOf([7])).to.deep.equal({ median: 7, min: 7, max: 7 });
  });

  it('leaves the samples as they are', () => {
    const samples = [3, 1, 2];
    spreadOf(samples);
    expect(samples).to.deep.equal([3, 1, 2]);
  });

  it('has nothing to say of no samples', () => {
    expect(() => spreadOf([])).to.throw(RangeError);
  });
});

describe('percentileOf', () => {
  it('takes the sample at that place of the sorted ones', () => {
    const samples = Array.from({ length: 100 }, (_, i) => 99 - i);
    expect(percentileOf(samples, 0.5)).to.equal(50);
    expect(percentileOf(samples, 0.99)).to.equal(99);
    expect(percentileOf(samples, 1)).to.equal(99);
    expect(percentileOf([7], 0.99)).to.equal(7);
  });

  it('has nothing to say of no samples', () => {
    expect(() => percentileOf([], 0.5)).to.throw(RangeError);
  });
});
