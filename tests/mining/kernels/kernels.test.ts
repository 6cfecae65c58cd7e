import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { KNOWN_ANSWERS } from '../../../src/mining/kernels/choose';
import type { Hit, Kernel } from '../../../src/mining/kernels/kernel';
import { EVERY_KERNEL } from './every-kernel';

const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();

/** The oracle: the value of the header's hash, as node:crypto computes it. */
function valueOf(header: Uint8Array, { versionBits, nonce }: Hit): bigint {
  const rolled = Buffer.from(header);
  rolled.writeInt32LE(rolled.readInt32LE(0) ^ (versionBits << 13), 0);
  rolled.writeUInt32LE(nonce, 76);
  return BigInt('0x' + sha256(sha256(rolled)).reverse().toString('hex'));
}

function valuesIn(
  header: Uint8Array,
  start: number,
  end: number,
  versions: number,
): { hit: Hit; value: bigint }[] {
  const values = [];
  for (let nonce = start; nonce < end; nonce++) {
    for (let versionBits = 0; versionBits < versions; versionBits++) {
      const hit = { versionBits, nonce };
      values.push({ hit, value: valueOf(header, hit) });
    }
  }
  return values;
}

const show = (hits: readonly Hit[]): string[] =>
  hits.map(({ versionBits, nonce }) => `${nonce}/${versionBits}`);

/** Scans and compares every hit with the oracle's. */
function expectSameHits(
  kernel: Kernel,
  header: Uint8Array,
  target: bigint,
  start: number,
  end: number,
): number {
  kernel.load(header, target);
  const wanted = valuesIn(header, start, end, kernel.versions)
    .filter(({ value }) => value <= target)
    .map(({ hit }) => hit);
  expect(show(kernel.scan(start, end))).to.deep.equal(show(wanted));
  return wanted.length;
}

/** A header as in today's blocks: BIP 320 version bits rolled, everything else random. */
function modernHeader(versionBits: number): Buffer {
  const header = randomBytes(80);
  header.writeUInt32LE(0x20000000 + versionBits * 2 ** 13, 0);
  header.writeUInt32LE(1_700_000_000, 68);
  header.writeUInt32LE(0x17034219, 72);
  return header;
}

const EASY = 1n << 253n;

for (const { name: kernelName, backend, variant, create } of EVERY_KERNEL) {
  describe(`the ${kernelName} kernel`, () => {
    let kernel: Kernel;
    before(() => {
      kernel = create();
    });

    it('is the one asked for', () => {
      expect(kernel).to.include({ backend, variant });
      expect(kernel.versions).to.be.within(1, 2 ** 16);
    });

    for (const { name, header, target, hits } of KNOWN_ANSWERS) {
      it(`finds the nonces of ${name}`, () => {
        kernel.load(header, target);
        for (const hit of hits.filter(({ versionBits }) => versionBits < kernel.versions)) {
          expect(kernel.scan(hit.nonce - 50, hit.nonce + 50)).to.deep.equal([hit]);
          expect(valueOf(header, hit) <= target).to.equal(true);
        }
      });
    }

    for (const versionBits of [0, 1, 0x7fff, 0xffff]) {
      it(`hashes a header whose version bits are already ${versionBits}`, () => {
        expectSameHits(kernel, modernHeader(versionBits), EASY, 1000, 1100);
      });
    }

    it('agrees with node:crypto on 100,000 hashes of random headers and nonces', function () {
      this.timeout(60_000);
      const headers = 50;
      const nonces = Math.ceil(100_000 / headers / kernel.versions);
      let found = 0;
      for (let i = 0; i < headers; i++) {
        const start = randomBytes(4).readUInt32LE() % (2 ** 32 - nonces);
        found += expectSameHits(kernel, randomBytes(80), EASY, start, start + nonces);
      }
      // One in eight of at least 100,000; 15 standard deviations are 1,570.
      expect(found).to.be.within(10_900, 14_500);
    });

    it('takes every length of a range from every offset', () => {
      const header = randomBytes(80);
      const versions = kernel.versions;
      const values = valuesIn(header, 0, 40, versions).filter(({ value }) => value <= EASY);
      kernel.load(header, EASY);
      for (let start = 0; start < 10; start++) {
        for (let end = start; end <= 40; end++) {
          const wanted = values.filter(({ hit }) => hit.nonce >= start && hit.nonce < end);
          expect(show(kernel.scan(start, end)), `[${start}, ${end})`).to.deep.equal(
            show(wanted.map(({ hit }) => hit)),
          );
        }
      }
    });

    it('goes up to the last nonce and not round to the first', () => {
      const header = randomBytes(80);
      for (const start of [2 ** 32 - 1, 2 ** 32 - 2, 2 ** 32 - 7, 2 ** 31 - 5]) {
        expectSameHits(kernel, header, EASY, start, Math.min(start + 10, 2 ** 32));
      }
      expect(kernel.scan(2 ** 32, 2 ** 32)).to.deep.equal([]);
      expect(kernel.scan(0, 0)).to.deep.equal([]);
    });

    it('finds the same in one scan as in many', () => {
      const header = randomBytes(80);
      kernel.load(header, EASY);
      const whole = kernel.scan(5, 605);
      const parts: Hit[] = [];
      for (let start = 5, length = 1; start < 605; start += length, length = (length % 13) + 1) {
        parts.push(...kernel.scan(start, Math.min(start + length, 605)));
      }
      expect(show(parts)).to.deep.equal(show(whole));
    });

    it('reports every hash as a hit of the highest target and none of target 0', () => {
      const header = randomBytes(80);
      kernel.load(header, (1n << 256n) - 1n);
      expect(kernel.scan(3, 10)).to.have.length(7 * kernel.versions);
      kernel.load(header, 0n);
      expect(kernel.scan(0, 1000)).to.deep.equal([]);
    });

    it('judges hashes at exactly the target, and at every power of two beside it', () => {
      const header = randomBytes(80);
      const values = valuesIn(header, 0, 64, kernel.versions);
      const lowest = values.reduce((a, b) => (a.value < b.value ? a : b));
      const around = [...values].sort((a, b) => (a.value < b.value ? -1 : 1)).slice(0, 8);
      for (const { value } of around) {
        for (const target of [value - 1n, value, value + 1n]) {
          expectSameHits(kernel, header, target, 0, 64);
        }
      }
      // Targets at which the number of leading zero bits changes, and with it the filter's mask.
      const bits = BigInt(lowest.value.toString(2).length);
      for (const target of [1n << bits, (1n << bits) - 1n, 1n << (bits - 1n)]) {
        expectSameHits(kernel, header, target, 0, 64);
      }
    });

    it('keeps no reference to the header it was given', () => {
      const header = randomBytes(80);
      const copy = Buffer.from(header);
      kernel.load(header, EASY);
      header.fill(0);
      const wanted = valuesIn(copy, 0, 20, kernel.versions).filter(({ value }) => value <= EASY);
      expect(show(kernel.scan(0, 20))).to.deep.equal(show(wanted.map(({ hit }) => hit)));
    });

    it('ignores the nonce in the header', () => {
      const header = randomBytes(80);
      kernel.load(header, EASY);
      const first = kernel.scan(0, 50);
      header.set(randomBytes(4), 76);
      kernel.load(header, EASY);
      expect(kernel.scan(0, 50)).to.deep.equal(first);
    });

    for (const [start, end] of [
      [-1, 5],
      [5, 4],
      [0, 2 ** 32 + 1],
      [0.5, 2],
      [0, 1.5],
      [NaN, 1],
      [0, Infinity],
    ] as const) {
      it(`rejects the range [${start}, ${end})`, () => {
        expect(() => kernel.scan(start, end)).to.throw(RangeError, 'expected 0 <= start');
      });
    }

    it('rejects headers and targets of another size', () => {
      const header = new Uint8Array(80);
      expect(() => kernel.load(new Uint8Array(79), 1n)).to.throw(RangeError);
      expect(() => kernel.load(header, -1n)).to.throw(RangeError);
      expect(() => kernel.load(header, 1n << 256n)).to.throw(RangeError);
    });
  });
}

describe('the kernels among themselves', () => {
  // Real work for all but the plainest kernel: few hits, which each finds in a different grouping of nonces.
  const target = (1n << 244n) - 1n;
  const versions = 8;
  const nonces = 2 ** 15;

  for (const start of [0, 2 ** 31 - 12_345, 2 ** 32 - 2 ** 15]) {
    it(`find the same ${versions} versions of 2^15 nonces from ${start} on`, function () {
      this.timeout(60_000);
      const header = modernHeader(0);
      const found = EVERY_KERNEL.map(({ name, create }) => {
        const kernel = create();
        kernel.load(header, target);
        const hits = kernel.scan(start, start + nonces);
        return { name, hits: show(hits.filter(({ versionBits }) => versionBits < versions)) };
      });
      // One in 4,096 of 2^18: 64, with a standard deviation of 8.
      expect(found[0]!.hits).to.have.length.within(16, 112);
      for (const { name, hits } of found) expect(hits, name).to.deep.equal(found[0]!.hits);
    });
  }
});
