import { messageOf } from '../message-of';
import { type AddonOffer, availableAddons, checkAddon, FROM_SOURCE, PLATFORM } from './addon-files';
import { GroupKernel, type GroupScanner } from './group-kernel';
import type { Kernel } from './kernel';
import type { PreparedHeader } from './prepared-header';

// The one file that touches native code (native/addon.c): loads an addon and makes kernels of its hash loops.

/** There is nothing to run, because none was built or this CPU lacks the instructions: slower, but no fault. */
export class NoAddonError extends Error {
  override readonly name = 'NoAddonError';
}

/** One of the native hash loops. */
export interface NativeVariant {
  /** The instructions it is made of: 'avx512', 'sha-ni', 'avx2', 'armv8'. */
  name: string;
  create: () => Kernel;
}

/** What the hash loops are made of, by process.arch; of these, an addon runs what native/cpu.c finds. */
const INSTRUCTIONS: Readonly<Record<string, string>> = {
  x64: 'AVX-512, SHA-NI, AVX2',
  arm64: "ARMv8's SHA-2 instructions",
};

/** Why an addon that was loaded has no variants here. A virtual machine may hide what its CPU has. */
export const NO_VARIANTS = `this CPU has none of ${INSTRUCTIONS[process.arch] ?? 'the instructions of native code'}`;

/** What the addon exports. */
interface Addon {
  /** The hash loops that this CPU can run; the best first, as far as one can tell without measuring. */
  variants: readonly { name: string; lanes: number }[];
  createScanner(variant: number): object;
  load(scanner: object, header: Uint32Array): void;
  scan(scanner: object, nonce: number, groups: number, candidates: Uint32Array): number;
}

/** VERSIONS in native/scanner.h. */
const VERSIONS = 16;
const TAIL_WORDS = 3;

/**
 * The native hash loops that this CPU can run; there may be none.
 * @param addons the addons to try, instead of those found
 * @throws Error when this system loads none of them.
 */
export function nativeVariants(addons: readonly AddonOffer[] = availableAddons()): NativeVariant[] {
  const addon = loadAddon(addons) as Addon;
  return addon.variants.map(({ name, lanes }, number) => ({
    name,
    create: () => new GroupKernel(new NativeScanner(addon, number, name, lanes)),
  }));
}

/** `npm run serve` compiles it by itself where it can. */
const ADVICE =
  'native code would hash up to six times as fast: npm run build:native, which needs a C compiler';

/** What would make hashing faster, and the level to log it at; undefined if an addon was built. */
export function missingAddonAdvice(): { level: 'debug' | 'info'; message: string } | undefined {
  if (availableAddons().length > 0) return undefined;
  return FROM_SOURCE
    ? { level: 'info', message: ADVICE }
    : { level: 'debug', message: `no native code for ${PLATFORM} was built into this bundle` };
}

class NativeScanner implements GroupScanner {
  readonly backend = 'native';
  readonly versions = VERSIONS;
  readonly candidates = new Uint32Array(VERSIONS);
  readonly #scanner: object;

  constructor(
    private readonly addon: Addon,
    number: number,
    readonly variant: string,
    readonly lanes: number,
  ) {
    this.#scanner = addon.createScanner(number);
  }

  /** In the order of struct prepared_header in native/scanner.h. */
  load({ midstates, words, mask }: PreparedHeader): void {
    const tail = words.subarray(0, TAIL_WORDS);
    const header = [...midstates.flatMap((midstate) => [...midstate]), ...tail, mask];
    this.addon.load(this.#scanner, Uint32Array.from(header));
  }

  scan(nonce: number, groups: number): number {
    return this.addon.scan(this.#scanner, nonce, groups, this.candidates);
  }
}

/**
 * Loads the first addon that this system accepts, and returns its exports.
 * @throws NoAddonError when there are none, Error with the reasons when all failed.
 */
function loadAddon(addons: readonly AddonOffer[]): unknown {
  if (addons.length === 0) throw new NoAddonError(`there is no native code for ${PLATFORM}`);
  const faults: string[] = [];
  for (const { sha256, place } of addons) {
    try {
      const file = place();
      checkAddon({ file, sha256 });
      const addon = { exports: {} as unknown };
      process.dlopen(addon, file);
      return addon.exports;
    } catch (error) {
      faults.push(messageOf(error));
    }
  }
  throw new Error(faults.join('; '));
}
