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
    expect(rate.perSecond).to.equal(undefined);
    rate.restart();
    expect(rate.perSecond).to.equal(undefined);
    nowMs += 499;
    rate.update(998);
    expect(rate.perSecond).to.equal(undefined);
    nowMs += 1;
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

  it('leaves interruptions out, and knows the rate over them', () => {
    const rate = meter();
    rate.restart();
    for (let work = 0; work < 20; work++) {
      rate.interrupt();
      nowMs += 60_000;
      rate.update(0);
      for (let count = 100; count <= 300; count += 100) {
        nowMs += 100;
        rate.update(count);
        if (work > 1) expect(rate.perSecond).to.equal(1000);
      }
    }
  });

  it('follows a rate that changes within its window, over interruptions too', () => {
    const rate = meter();
    rate.restart();
    let count = 0;
    const runFor = (ms: number, perSecond: number): void => {
      rate.interrupt();
      rate.update(count);
      for (let passedMs = 0; passedMs < ms; passedMs += 250) {
        nowMs += 250;
        rate.update((count += perSecond / 4));
      }
    };
    runFor(10_000, 8_000_000);
    runFor(2_500, 4_000_000);
    expect(rate.perSecond).to.equal(6_000_000);
    runFor(2_500, 4_000_000);
    expect(rate.perSecond).to.equal(4_000_000);
  });

  it('knows nothing any more when it is restarted', () => {
    const rate = meter();
    rate.restart();
    nowMs += 1000;
    rate.update(5);
    rate.restart(5);
    expect(rate.perSecond).to.equal(undefined);
  });
});
