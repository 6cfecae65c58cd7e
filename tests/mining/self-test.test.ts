import { expect } from 'chai';
import type { Hit, Kernel } from '../../src/mining/kernel';
import { createJsKernel } from '../../src/mining/kernels/js';
import { selfTest } from '../../src/mining/self-test';

/** A kernel right in all but what `change` does to its hits. */
function faulty(change: (hits: Hit[], start: number, end: number) => Hit[]): Kernel {
  const kernel = createJsKernel();
  return {
    backend: kernel.backend,
    variant: kernel.variant,
    versions: kernel.versions,
    load: (job) => kernel.load(job),
    scan: (start, end) => change(kernel.scan(start, end), start, end),
  };
}

describe('selfTest', () => {
  it('passes a kernel that works', () => {
    expect(() => selfTest(createJsKernel())).not.to.throw();
  });

  it('passes a kernel that rolls no version', () => {
    const kernel = createJsKernel();
    const single: Kernel = {
      backend: 'js',
      variant: '',
      versions: 1,
      load: (job) => kernel.load(job),
      scan: (start, end) => kernel.scan(start, end).filter(({ versionBits }) => versionBits === 0),
    };
    expect(() => selfTest(single)).not.to.throw();
  });

  const faults: Record<string, (hits: Hit[], start: number, end: number) => Hit[]> = {
    'finds nothing': () => [],
    'misses a lane': (hits, start) => hits.filter(({ nonce }) => (nonce - start) % 4 !== 3),
    'misses the last of sixteen lanes': (hits, start) =>
      hits.filter(({ nonce }) => (nonce - start) % 16 !== 15),
    'swaps lanes': (hits, start) =>
      hits.map((hit) => ({ ...hit, nonce: start + ((hit.nonce - start) ^ 1) })),
    'confuses versions': (hits) =>
      hits.map((hit) => ({ ...hit, versionBits: hit.versionBits === 2 ? 3 : hit.versionBits })),
    'skips the last nonce': (hits, _, end) => hits.filter(({ nonce }) => nonce !== end - 1),
    'reports a hit twice': (hits) => [...hits, ...hits],
    'reports what is no hit': (_, start) => [{ versionBits: 0, nonce: start }],
  };
  for (const [fault, change] of Object.entries(faults)) {
    it(`catches a kernel that ${fault}`, () => {
      expect(() => selfTest(faulty(change))).to.throw('expected hits');
    });
  }
});
