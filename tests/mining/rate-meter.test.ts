import { expect } from 'chai';
import { RateMeter } from '../../src/mining/rate-meter';

describe('RateMeter', () => {
  let nowMs = 0;
  const meter = (): RateMeter => {
    nowMs = 1000;
    return new RateMeter(5000, () => nowMs);
  };

  it('measures from its start', () => {
    const rate = meter();
    expect(rate.perSecond).to.equal(0);
    rate.restart();
    expect(rate.perSecond).to.equal(0);
    nowMs += 500;
    rate.update(1000);
    expect(rate.perSecond).to.equal(2000);
  });

  it('forgets what lies before its window', () => {
    const rate = meter();
    rate.restart();
    let count = 0;
    for (let i = 0; i < 100; i++) {
      nowMs += 1000;
      count += i < 90 ? 1_000_000 : 100;
      rate.update(count);
    }
    expect(rate.perSecond).to.equal(100);
  });

  it('is 0 after a stop', () => {
    const rate = meter();
    rate.restart();
    nowMs += 1000;
    rate.update(5);
    rate.stop();
    expect(rate.perSecond).to.equal(0);
  });
});
