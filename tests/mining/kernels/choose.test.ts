import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { createKernel, fastestInstance, selfTest } from '../../../src/mining/kernels/choose';
import { createJsKernel } from '../../../src/mining/kernels/js';
import type { Hit, Kernel } from '../../../src/mining/kernels/kernel';
import { nativeVariants } from '../../../src/mining/kernels/native';
import { createWasmScalarKernel, createWasmSimdKernel } from '../../../src/mining/kernels/wasm';
import { NATIVE_VARIANTS } from './every-kernel';

const CONSTRUCTORS: readonly (() => Kernel)[] = [
  createJsKernel,
  createWasmScalarKernel,
  createWasmSimdKernel,
  ...NATIVE_VARIANTS.map(({ create }) => create),
];

/** Runs `test` as if this machine had no WebAssembly. */
function withoutWebAssembly(test: () => void): void {
  const found = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly')!;
  Object.defineProperty(globalThis, 'WebAssembly', {
    ...found,
    value: {
      Module: class {
        constructor() {
          throw new Error('no WebAssembly here');
        }
      },
    },
  });
  try {
    test();
  } finally {
    Object.defineProperty(globalThis, 'WebAssembly', found);
  }
}

/** Runs `test` with `dlopen` in place of the way addons are loaded. */
function loadingAddons(dlopen: (module: { exports: unknown }) => void, test: () => void): void {
  const found = Object.getOwnPropertyDescriptor(process, 'dlopen')!;
  Object.defineProperty(process, 'dlopen', { ...found, value: dlopen });
  try {
    test();
  } finally {
    Object.defineProperty(process, 'dlopen', found);
  }
}

const withoutNativeCode = (test: () => void): void =>
  loadingAddons(() => {
    throw new Error('no native code here');
  }, test);

describe('createKernel', () => {
  if (NATIVE_VARIANTS.length > 0) {
    it('takes native code where there is some', () => {
      const log: string[] = [];
      const { backend, variant } = createKernel('auto', (message) => log.push(message));
      expect(backend).to.equal('native');
      expect(variant).to.be.oneOf(NATIVE_VARIANTS.map(({ name }) => name));
      expect(log).to.deep.equal([]);
    });

    it('takes no native code that hashes wrongly', () => {
      const log: string[] = [];
      const addon = {
        variants: [{ name: 'blind', lanes: 4 }],
        createScanner: () => ({}),
        load: () => {},
        scan: (_scanner: object, _nonce: number, groups: number) => groups,
      };
      loadingAddons(
        (module) => (module.exports = addon),
        () => {
          expect(() => createKernel('native', (message) => log.push(message))).to.throw(
            "native kernel can't run: none of its variants works",
          );
        },
      );
      expect(log[0]).to.match(/^native blind kernel can't run: genesis block, nonces/);
    });
  }

  it('falls back with a reason for each backend that does not work', () => {
    const log: string[] = [];
    withoutNativeCode(() => {
      expect(createKernel('auto', (message) => log.push(message)).backend).to.equal('wasm-simd');
    });
    expect(log).to.have.length(1);
    expect(log[0]).to.match(/^(native kernel can't run: .|there is no native code for )/);
    withoutNativeCode(() =>
      withoutWebAssembly(() => {
        expect(createKernel('auto', (message) => log.push(message)).backend).to.equal('js');
      }),
    );
    expect(log.slice(2)).to.deep.equal([
      "wasm-simd kernel can't run: no WebAssembly here",
      "wasm kernel can't run: no WebAssembly here",
    ]);
  });

  it('tells what is missing apart from what does not work', () => {
    const levels: string[] = [];
    const log: string[] = [];
    for (const native of [() => nativeVariants([]), () => []]) {
      createKernel(
        'auto',
        (message, level) => {
          levels.push(level);
          log.push(message);
        },
        native,
      );
    }
    expect(log[1]).to.match(/^this CPU has none of ./);
    withoutNativeCode(() =>
      createKernel(
        'auto',
        (_message, level) => levels.push(level),
        () => nativeVariants([{ sha256: '', place: () => '/no/addon.node' }]),
      ),
    );
    expect(levels).to.deep.equal(['debug', 'debug', 'warn']);
  });

  it('throws when the backend asked for does not work', () => {
    withoutWebAssembly(() => {
      expect(() => createKernel('wasm-simd')).to.throw(
        "wasm-simd kernel can't run: no WebAssembly here",
      );
    });
  });

  it('works in a worker thread', async () => {
    const kernels = require.resolve('../../../src/mining/kernels/choose.ts');
    const worker = new Worker(
      `require('tsx/cjs');
       const { createKernel } = require(${JSON.stringify(kernels)});
       require('node:worker_threads').parentPort.postMessage(createKernel('auto').backend);`,
      { eval: true },
    );
    const backend = await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    expect(backend).to.equal(createKernel('auto').backend);
  });

  it('scans nothing before a header is loaded', () => {
    for (const create of CONSTRUCTORS) {
      expect(() => create().scan(0, 1)).to.throw('no header is loaded');
    }
  });

  it('makes kernels that do not disturb each other', () => {
    for (const create of CONSTRUCTORS) {
      const target = 1n << 253n;
      const [one, two] = [create(), create()];
      one.load(new Uint8Array(80).fill(1), target);
      const alone = one.scan(0, 50);
      two.load(new Uint8Array(80).fill(2), target);
      const other = two.scan(0, 50);
      expect(one.scan(0, 50)).to.deep.equal(alone);
      expect(two.scan(0, 50)).to.deep.equal(other).and.not.to.deep.equal(alone);
    }
  });
});

describe('fastestInstance', () => {
  /** Chooses among kernels with these rates, by their salts. */
  const choose = (rates: readonly number[]): { chosen: number; made: number } => {
    const salts = new Map<Kernel, number>();
    const chosen = fastestInstance(
      (salt) => {
        const kernel: Kernel = {
          backend: 'wasm-simd',
          variant: '',
          versions: 1,
          load: () => {},
          scan: (): Hit[] => [],
        };
        salts.set(kernel, salt);
        return kernel;
      },
      (kernel) => rates[salts.get(kernel)!]!,
    );
    return { chosen: salts.get(chosen)!, made: salts.size };
  };

  it('believes two that agree', () => {
    expect(choose([6, 6.1])).to.deep.equal({ chosen: 1, made: 2 });
    expect(choose([6, 5.9])).to.deep.equal({ chosen: 0, made: 2 });
  });

  it('asks a third when two differ', () => {
    expect(choose([4, 6, 5.9])).to.deep.equal({ chosen: 1, made: 3 });
    expect(choose([6, 4, 6.1])).to.deep.equal({ chosen: 2, made: 3 });
  });

  it('gives up after four and takes the best', () => {
    expect(choose([1, 2, 4, 8])).to.deep.equal({ chosen: 3, made: 4 });
  });
});

/** A kernel that is right except for what `change` does to its hits. */
function faulty(change: (hits: Hit[], start: number, end: number) => Hit[]): Kernel {
  const kernel = createJsKernel();
  return {
    backend: kernel.backend,
    variant: kernel.variant,
    versions: kernel.versions,
    load: (header, target) => kernel.load(header, target),
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
      load: (header, target) => kernel.load(header, target),
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
