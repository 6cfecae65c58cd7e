import { bitsToTarget } from '../../bitcoin/target';
import { messageOf } from '../message-of';
import { createJsKernel } from './js';
import type { Backend, Hit, Kernel } from './kernel';
import { NO_VARIANTS, nativeVariants, type NativeVariant, NoAddonError } from './native';
import { createWasmScalarKernel, createWasmSimdKernel } from './wasm';

// The choice of a kernel: the fastest that works here, proven on known answers.

/** 'debug' for code that is missing, 'warn' for code that is there and doesn't work. */
export type TellLevel = 'debug' | 'warn';
/**
 * Receives the reason why a backend, or a variant of it, is not used: "what: why", beginning with the backend's name. That
 * no native code was built, or none for this CPU, is no fault, and is said without.
 */
export type Tell = (message: string, level: TellLevel) => void;
/** @throws Error when there is none to load. */
type NativeCode = () => readonly NativeVariant[];
type Factory = (tell: Tell, native: NativeCode) => Kernel;

/** A header and its hits, each the only one among the nonces around it. */
export interface KnownAnswer {
  name: string;
  /** 80 bytes as hashed */
  header: Buffer;
  target: bigint;
  hits: readonly Hit[];
}

/** In order of expected speed. */
const FACTORIES: readonly { backend: Backend; create: Factory }[] = [
  { backend: 'native', create: fastestNative },
  { backend: 'wasm-simd', create: () => fastestInstance((salt) => createWasmSimdKernel({ salt })) },
  { backend: 'wasm', create: () => fastestInstance((salt) => createWasmScalarKernel({ salt })) },
  { backend: 'js', create: createJsKernel },
];

/** At most this many instances are tried: a slow one is rare, three in a row don't happen by chance. */
const MAX_INSTANCES = 4;
/** Rates this close count as equal; a slow instance misses 30 to 50 %. */
const AGREEMENT = 0.85;

/** About 3 ms each at full speed: short enough for V8 to change to optimised code in between. */
const SAMPLE_HASHES = 2 ** 14;
const SAMPLES = 8;

const GENESIS = knownBlock(
  'genesis block',
  '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e' +
    '67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c',
);
const BLOCK_125552 = knownBlock(
  'block 125552',
  '0100000081cd02ab7e569e8bcd9317e2fe99f2de44d49ab2b8851ba4a308000000000000e320b6c2fffc8d750423db8b' +
    '1eb942ae710e951ed797f7affc8892b0f1fc122bc7f5d74df2b9441a42a14695',
);

/** The genesis header with a version as used today (BIP 9), for rolling its version bits. */
const ROLLED = Buffer.from(GENESIS.header);
ROLLED.writeUInt32LE(0x20000000, 0);

/** By versionBits, a nonce with which ROLLED hashes below 2^240. Found with node:crypto. */
const ROLLED_NONCES = [
  2654444527, 2922880554, 3191434706, 3459755774, 3728244031, 3996699928, 4265072425, 238522290,
  506996461, 775597826, 1043931935, 1312294009, 1580701265, 1849192031, 2117634576, 2386005603,
];

export const KNOWN_ANSWERS: readonly KnownAnswer[] = [
  GENESIS,
  BLOCK_125552,
  {
    name: 'rolled versions',
    header: ROLLED,
    target: (1n << 240n) - 1n,
    hits: ROLLED_NONCES.map((nonce, versionBits) => ({ versionBits, nonce })),
  },
];

/** Nonces before a hit that put it into each of 16 lanes and into the first lane of the next 16. */
const EVERY_LANE = Array.from({ length: 17 }, (_, before) => before);

/**
 * The fastest kernel that works here, or the one asked for, proven on known answers.
 * @param native native code to use instead of what is found, which is loaded as it is, without a trial
 * @throws Error, naming each backend and its fault, when none of those asked for works.
 */
export function createKernel(
  preference: 'auto' | Backend,
  tell: Tell = () => {},
  native: NativeCode = nativeVariants,
): Kernel {
  const faults: string[] = [];
  for (const { backend, create } of FACTORIES) {
    if (preference !== 'auto' && preference !== backend) continue;
    const kernel = proven(
      backend,
      () => create(tell, native),
      (fault, level) => {
        tell(fault, level);
        faults.push(fault);
      },
    );
    if (kernel) return kernel;
  }
  throw new Error(faults.join('; ') || `no such kernel: ${preference}`);
}

/** The fastest native variant that works on this CPU. */
function fastestNative(tell: Tell, native: NativeCode): Kernel {
  const variants = native();
  if (variants.length === 0) throw new NoAddonError(NO_VARIANTS);
  const kernels = variants.flatMap(
    ({ name, create }) => proven(`native ${name}`, create, tell) ?? [],
  );
  const [fastest] = ranked(kernels, hashrate);
  if (!fastest) throw new Error('none of its variants works');
  return fastest.kernel;
}

/** The kernel if it passes its test; otherwise reports the fault and returns undefined. */
function proven(name: string, create: () => Kernel, onFault: Tell): Kernel | undefined {
  try {
    const kernel = create();
    selfTest(kernel);
    return kernel;
  } catch (error) {
    const reason = messageOf(error);
    if (error instanceof NoAddonError) onFault(reason, 'debug');
    else onFault(`${name} kernel can't run: ${reason}`, 'warn');
    return undefined;
  }
}

/**
 * The fastest of a few instances of one kernel, which differ only in where V8 puts their code: now and then that costs
 * an instance a third of its speed for good. Makes instances until the two fastest agree.
 */
export function fastestInstance(
  create: (salt: number) => Kernel,
  rate: (kernel: Kernel) => number = hashrate,
): Kernel {
  const kernels = [create(0)];
  for (;;) {
    kernels.push(create(kernels.length));
    const [best, second] = ranked(kernels, rate);
    if (second!.rate >= AGREEMENT * best!.rate || kernels.length === MAX_INSTANCES) {
      return best!.kernel;
    }
  }
}

/** The fastest first. */
function ranked(
  kernels: readonly Kernel[],
  rate: (kernel: Kernel) => number,
): { kernel: Kernel; rate: number }[] {
  return kernels.map((kernel) => ({ kernel, rate: rate(kernel) })).sort((a, b) => b.rate - a.rate);
}

/** Hashes per millisecond in the best of a few samples, which leaves out warm-up and disturbances. */
function hashrate(kernel: Kernel): number {
  kernel.load(new Uint8Array(80), 0n);
  const nonces = SAMPLE_HASHES / kernel.versions;
  let best = Infinity;
  for (let i = 0; i < SAMPLES; i++) {
    const startedAt = performance.now();
    kernel.scan(i * nonces, (i + 1) * nonces);
    best = Math.min(best, performance.now() - startedAt);
  }
  return SAMPLE_HASHES / best;
}

/**
 * Proves a kernel on known answers, in every lane, for every version and at both edges of a range.
 * @throws Error that names the answer the kernel got wrong.
 */
export function selfTest(kernel: Kernel): void {
  for (const { name, header, target, hits } of KNOWN_ANSWERS) {
    kernel.load(header, target);
    for (const hit of hits.filter(({ versionBits }) => versionBits < kernel.versions)) {
      for (const before of hits.length === 1 ? EVERY_LANE : someLanes(hit.versionBits)) {
        const start = hit.nonce - before;
        expectHits(kernel, name, start, hit.nonce + 1, [hit]);
        expectHits(kernel, name, start, hit.nonce, []);
        expectHits(kernel, name, hit.nonce, hit.nonce + before, before > 0 ? [hit] : []);
      }
    }
  }
}

function expectHits(
  kernel: Kernel,
  name: string,
  start: number,
  end: number,
  expected: readonly Hit[],
): void {
  const [wanted, got] = [expected, kernel.scan(start, end)].map((hits) =>
    hits.map(({ versionBits, nonce }) => `${nonce}/${versionBits}`).join(' '),
  );
  if (got !== wanted) {
    throw new Error(`${name}, nonces [${start}, ${end}): expected hits [${wanted}], got [${got}]`);
  }
}

/** Fewer where there are many hits: other lanes for each version, at the edges of a range and inside it. */
function someLanes(versionBits: number): number[] {
  return [0, 1 + versionBits, 17 + versionBits];
}

function knownBlock(name: string, hex: string): KnownAnswer {
  const header = Buffer.from(hex, 'hex');
  return {
    name,
    header,
    target: bitsToTarget(header.readUInt32LE(72)),
    hits: [{ versionBits: 0, nonce: header.readUInt32LE(76) }],
  };
}
