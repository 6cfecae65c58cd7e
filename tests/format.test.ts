import { expect } from 'chai';
import fc from 'fast-check';
import { count, duration, percent, shortKey, si, siShort, tokens } from '../src/format';

describe('numbers in words', () => {
  it('have three digits and a prefix', () => {
    const values = [0, 1, 999, 1000, 7_912_345, 98_765_432, 123_456_789_012_345_678n, 3e17];
    expect(values.map((value) => si(value))).to.deep.equal([
      '0',
      '1',
      '999',
      '1.00 k',
      '7.91 M',
      '98.8 M',
      '123 P',
      '300 P',
    ]);
  });

  it('round over into the next prefix, and into the next digit', () => {
    expect([999_499, 999_600, 999_999, 999_500_000].map((value) => si(value))).to.deep.equal([
      '999 k',
      '1.00 M',
      '1.00 M',
      '1.00 G',
    ]);
    expect([9.996, 9_996, 99_960, 999.6].map((value) => si(value))).to.deep.equal([
      '10.0',
      '10.0 k',
      '100 k',
      '1.00 k',
    ]);
  });

  it('have a space before the unit, whatever the prefix', () => {
    expect([0, 999, 1000, 0.00003].map((rate) => si(rate, 'H/s'))).to.deep.equal([
      '0 H/s',
      '999 H/s',
      '1.00 kH/s',
      '0.0000300 H/s',
    ]);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e20, noNaN: true }), (rate) => {
        expect(si(rate, 'H/s')).to.match(/^[\d.e+-]+ [kMGTPE]?H\/s$/);
      }),
    );
  });

  it('mean what they were made of, to half of the last digit', () => {
    const factor = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 };
    fc.assert(
      fc.property(fc.double({ min: 1, max: 9.99e20, noNaN: true }), (value) => {
        const [number, prefix] = si(value).split(' ');
        const meant = Number(number) * (prefix ? factor[prefix as keyof typeof factor] : 1);
        expect(Math.abs(meant - value) / value).to.be.at.most(0.00501);
        expect(number!.replace('.', '')).to.have.length.within(1, 3);
      }),
    );
  });

  it('are short on an axis', () => {
    expect([0, 20_000_000, 1500, 0.25, 999_600].map(siShort)).to.deep.equal([
      '0',
      '20M',
      '1.5k',
      '0.25',
      '1M',
    ]);
  });
});

describe('times, amounts and keys in words', () => {
  it('have their units', () => {
    expect([0, -5, 1000, 59_400, 60_000, 61_000, 12_000_000].map(duration)).to.deep.equal([
      '0 s',
      '0 s',
      '1 s',
      '59 s',
      '1 min 0 s',
      '1 min 1 s',
      '3 h 20 min',
    ]);
    expect([315_789_473, 999e9, 999_999_960_000, 12_345e9].map(tokens)).to.deep.equal([
      '0.3158',
      '999.0000',
      '1.00 k',
      '12.3 k',
    ]);
    expect(percent(0.256)).to.equal('26 %');
    expect([count(1, 'node'), count(3, 'node')]).to.deep.equal(['1 node', '3 nodes']);
  });

  it('shorten a key, and leave a short one', () => {
    expect(shortKey('DXwDaaaaaaaaaaaaaancWQ')).to.equal('DXwD…ncWQ');
    expect(shortKey('node-1')).to.equal('node-1');
  });
});
