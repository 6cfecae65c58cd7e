import { expect } from 'chai';
import fc from 'fast-check';
import { NONCE_OFFSET } from '../../src/bitcoin/block';
import type { Hit, Kernel } from '../../src/mining/kernels/kernel';
import { Search } from '../../src/mining/search';
import { headerOf } from '../../src/work/segment';
import { testTemplate } from '../fixtures/template';

/** A kernel that hashes nothing, records what it was asked to scan and reports every start as a hit. */
class RecordingKernel implements Kernel {
  readonly backend = 'js';
  readonly variant = '';
  readonly scanned: { header: string; start: number; end: number }[] = [];
  target = -1n;
  private header = '';
  constructor(readonly versions = 1) {}

  load(header: Uint8Array, target: bigint): void {
    this.header = Buffer.from(header).subarray(0, NONCE_OFFSET).toString('hex');
    this.target = target;
  }

  scan(start: number, end: number): Hit[] {
    this.scanned.push({ header: this.header, start, end });
    return [{ versionBits: 0, nonce: start }];
  }
}

const template = testTemplate();
const headerFor = (prefix: number, extranonce2: number): string =>
  headerOf(template, {
    prefix,
    extranonce2,
    versionBits: 0,
    timeOffset: 0,
    nonce: 0,
  })
    .subarray(0, NONCE_OFFSET)
    .toString('hex');

describe('Search', () => {
  it('scans every nonce of every extranonce once, in order, whatever the batches', () => {
    const batch = fc.integer({ min: 1, max: 2 ** 31 });
    fc.assert(
      fc.property(fc.array(batch, { minLength: 1, maxLength: 60 }), (batches) => {
        const kernel = new RecordingKernel();
        const search = new Search(kernel, { template, prefix: 3, extranonce2: 0 }, 1n);
        const hashes = batches.reduce((sum, size) => sum + search.step(size).hashes, 0);
        let position = 0;
        for (const { header, start, end } of kernel.scanned) {
          expect(header).to.equal(headerFor(3, Math.floor(position / 2 ** 32)));
          expect(start).to.equal(position % 2 ** 32);
          expect(end).to.be.within(start + 1, 2 ** 32);
          position += end - start;
        }
        expect(position).to.equal(hashes);
      }),
      { numRuns: 200 },
    );
  });

  it('counts one hash for every version of a nonce', () => {
    const kernel = new RecordingKernel(4);
    const search = new Search(kernel, { template, prefix: 0, extranonce2: 0 }, 1n);
    expect(search.step(402).hashes).to.equal(400);
    expect(kernel.scanned).to.have.deep.members([{ header: headerFor(0, 0), start: 0, end: 100 }]);
    expect(search.step(1).hashes).to.equal(4);
  });

  it('goes on where it was when the target changes', () => {
    const kernel = new RecordingKernel();
    const search = new Search(kernel, { template, prefix: 0, extranonce2: 7 }, 10n);
    search.step(1000);
    search.setTarget(5n);
    search.step(1000);
    expect(kernel.target).to.equal(5n);
    expect(kernel.scanned.map(({ start }) => start)).to.deep.equal([0, 1000]);
    expect(search.extranonce2).to.equal(7);
  });

  it('wraps after the last extranonce2', () => {
    const kernel = new RecordingKernel();
    const space = { template, prefix: 0, extranonce2: 2 ** 32 - 1 };
    const search = new Search(kernel, space, 1n);
    search.step(2 ** 32);
    expect(search.extranonce2).to.equal(0);
  });

  it('tells where it found something', () => {
    const space = { template, prefix: 0x0102, extranonce2: 0x0a0b0c0d };
    const { found } = new Search(new RecordingKernel(), space, 1n).step(1);
    const expected = {
      prefix: 0x0102,
      extranonce2: 0x0a0b0c0d,
      versionBits: 0,
      timeOffset: 0,
      nonce: 0,
    };
    expect(found).to.deep.equal([expected]);
  });
});
