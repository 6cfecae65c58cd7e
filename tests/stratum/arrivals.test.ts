import { expect } from 'chai';
import { Arrivals } from '../../src/stratum/arrivals';

describe('arrivals at the Stratum server', () => {
  let nowMs: number;
  let arrivals: Arrivals;
  beforeEach(() => {
    nowMs = 5_000;
    arrivals = new Arrivals(() => nowMs);
  });
  /** How many of so many at once are let in. */
  const arrive = (count: number, address = '192.168.1.5'): number =>
    Array.from({ length: count }, () => arrivals.isFree(address)).filter((isFree) => isFree).length;

  it('of one address are twenty at once, then ten a second', () => {
    expect(arrive(100)).to.equal(20);
    nowMs += 1_000;
    expect(arrive(100)).to.equal(10);
    nowMs += 100;
    expect(arrive(100)).to.equal(1);
  });

  it('are never more than twenty at once, however long nobody came', () => {
    expect(arrive(100)).to.equal(20);
    nowMs += 3_600_000;
    expect(arrive(100)).to.equal(20);
  });

  it('that are turned away cost nothing: a second later there are ten again', () => {
    arrive(20);
    for (let i = 0; i < 1_000; i++) {
      nowMs += 1;
      arrive(1);
    }
    nowMs += 1_000;
    expect(arrive(100)).to.be.within(10, 11);
  });

  it('of one address take nothing from another', () => {
    expect(arrive(100, '192.168.1.5')).to.equal(20);
    expect(arrive(100, '192.168.1.6')).to.equal(20);
  });

  it('of this machine are as many as it likes', () => {
    for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1']) {
      expect(arrive(1_000, address)).to.equal(1_000);
    }
  });

  it('of an IPv6 network count as those of one address, as do both forms of an IPv4 address', () => {
    for (let i = 0; i < 20; i++) arrive(1, `2001:db8::${i.toString(16)}`);
    expect(arrive(1, '2001:db8::ffff')).to.equal(0);
    expect(arrive(1, '2001:db8:1::1')).to.equal(1);
    expect(arrive(15, '10.0.0.1') + arrive(15, '::ffff:10.0.0.1')).to.equal(20);
  });

  it('that are gone already are not let in', () => {
    expect(arrivals.isFree(undefined)).to.equal(false);
  });

  it('are remembered of 4,096 addresses, the last that came', () => {
    const address = (i: number): string => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
    arrive(20, address(0));
    arrive(20, address(1));
    for (let i = 2; i < 4_096; i++) arrive(1, address(i));
    expect(arrive(1, address(0))).to.equal(0);
    arrive(1, address(5_000));
    // The one unheard of for longest was forgotten.
    expect(arrive(100, address(1))).to.equal(20);
    expect(arrive(1, address(0))).to.equal(0);
    for (let i = 0; i < 10_000; i++) arrive(1, address(i));
    const { size } = (arrivals as unknown as { left: Map<string, unknown> }).left;
    expect(size).to.equal(4_096);
  });
});
