import { expect } from 'chai';
import { Places } from '../../src/process/places';

describe('places by address', () => {
  const take = (places: Places, address: string | undefined, count: number) =>
    Array.from({ length: count }, () => places.take(address)).filter((place) => place).length;

  it('gives one address its share alone', () => {
    const places = new Places({ all: 16, each: 8, reservedForLoopback: 4 });
    expect(take(places, '192.168.1.5', 20)).to.equal(8);
    expect(take(places, '192.168.1.6', 20)).to.equal(4);
  });

  it('leaves what is reserved to loopback, however many strangers there are', () => {
    const places = new Places({ all: 16, each: 8, reservedForLoopback: 4 });
    const strangers = Array.from({ length: 50 }, (_, i) => take(places, `192.168.1.${i}`, 1));
    expect(strangers.filter((taken) => taken === 1)).to.have.length(12);
    expect(take(places, '127.0.0.1', 20)).to.equal(4);
    expect(take(places, '127.0.0.1', 1)).to.equal(0);
  });

  it("counts loopback as one address, bounded by another address' share", () => {
    const places = new Places({ all: 16, each: 5, reservedForLoopback: 4 });
    const addresses = ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'];
    const taken = addresses.reduce((sum, address) => sum + take(places, address, 10), 0);
    expect(taken).to.equal(11);
    expect(take(places, '10.0.0.1', 10)).to.equal(5);
  });

  it('gives loopback as many as it may have, where that is said', () => {
    const places = new Places({ all: 4, each: 64, reservedForLoopback: 0, forLoopback: 4 });
    expect(take(places, '127.0.0.1', 10)).to.equal(4);
    expect(take(places, '10.0.0.1', 10)).to.equal(0);
  });

  it('counts IPv4 and its form in IPv6 as one, and IPv6 by networks', () => {
    const places = new Places({ all: 100, each: 3, reservedForLoopback: 0 });
    expect(take(places, '10.0.0.1', 2)).to.equal(2);
    expect(take(places, '::ffff:10.0.0.1', 2)).to.equal(1);
    expect(take(places, '2001:db8::1', 2)).to.equal(2);
    expect(take(places, '2001:db8::ffff:1', 2)).to.equal(1);
    expect(take(places, '2001:db8:1::1', 2)).to.equal(2);
  });

  it('gives a place again when it was given back, and none to who is gone', () => {
    const places = new Places({ all: 4, each: 1, reservedForLoopback: 1 });
    for (let i = 0; i < 1000; i++) {
      const leave = places.take('10.0.0.1');
      expect(places.take('10.0.0.1')).to.equal(undefined);
      leave!();
    }
    expect(take(places, undefined, 1)).to.equal(0);
    expect(take(places, '127.0.0.1', 9)).to.equal(3);
  });
});
