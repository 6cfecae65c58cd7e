import { createHash } from 'node:crypto';
import { createKernel } from '../src/mining/kernels/choose';
import { BACKENDS, type Kernel } from '../src/mining/kernels/kernel';
import { nativeVariants, type NativeVariant } from '../src/mining/kernels/native';

/** One way of hashing block headers with a moving nonce. */
export interface Contender {
  /** What distinguishes it within its backend. */
  variant: string;
  /** Hashes some headers for a few milliseconds, and returns how many. */
  run(): number;
}

/** An arbitrary header. No hash will ever be at most target 0, so only hashing is timed. */
const HEADER = Buffer.alloc(80, 0x5a);
const NONCES = 2 ** 32;

/** Few enough for the slowest machine, and enough that the clock and the calls don't count. */
const KERNEL_HASHES = 2 ** 14;
const LIBRARY_HASHES = 2 ** 10;

/** What all others are compared with. */
export const REFERENCE = 'node:crypto';

const FACTORIES = new Map<string, () => Contender | Promise<Contender>>([
  ...BACKENDS.map((backend) => [backend, () => ofKernel(createKernel(backend))] as const),
  ...builtVariants().map(
    ({ name, create }) => [`native ${name}`, () => ofKernel(create())] as const,
  ),
  [
    REFERENCE,
    () =>
      ofLibrary('createHash twice', (header) =>
        createHash('sha256').update(createHash('sha256').update(header).digest()).digest(),
      ),
  ],
  ['@noble/hashes', ofNoble],
]);

export const CONTENDERS: readonly string[] = [...FACTORIES.keys()];

/** @throws Error when it can't run on this machine. */
export async function createContender(name: string): Promise<Contender> {
  const create = FACTORIES.get(name);
  if (!create) throw new Error(`no such contender: ${name}`);
  return await create();
}

/** Every native hash loop this CPU can run; 'native' is the fastest of them. Empty if no addon was built. */
function builtVariants(): NativeVariant[] {
  try {
    return nativeVariants();
  } catch {
    return [];
  }
}

function ofKernel(kernel: Kernel): Contender {
  kernel.load(HEADER, 0n);
  const nonces = KERNEL_HASHES / kernel.versions;
  let nonce = 0;
  return {
    variant: [kernel.variant, `${kernel.versions} versions`].filter(Boolean).join(', '),
    run() {
      kernel.scan(nonce, nonce + nonces);
      nonce = (nonce + nonces) % NONCES;
      return nonces * kernel.versions;
    },
  };
}

/** Imported as an ES module: translated by tsx, it runs at a third of its speed (measured). */
async function ofNoble(): Promise<Contender> {
  const { sha256 } = await import('@noble/hashes/sha2.js');
  return ofLibrary('sha256 twice', (header) => sha256(sha256(header)));
}

function ofLibrary(variant: string, hash: (header: Buffer) => Uint8Array): Contender {
  const header = Buffer.from(HEADER);
  let nonce = 0;
  return {
    variant,
    run() {
      for (let i = 0; i < LIBRARY_HASHES; i++) {
        header.writeUInt32LE(nonce, 76);
        nonce = (nonce + 1) % NONCES;
        hash(header);
      }
      return LIBRARY_HASHES;
    },
  };
}
