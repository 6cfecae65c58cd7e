import type { Kernel } from '../kernel';
import { type AddonSource, loadAddon } from './addon-files';
import { availableAddons } from './available-addons';
import { GroupKernel, type GroupScanner } from './group-kernel';
import type { PreparedJob } from './job';

// The one file that touches native code (native/addon.c).

/** What the addon exports. */
interface Addon {
  /** The hash loops that this CPU runs; the best first, as far as can be told without measuring. */
  variants: readonly { name: string; lanes: number }[];
  createScanner(variant: number): object;
  load(scanner: object, job: Uint32Array): void;
  scan(scanner: object, nonce: number, groups: number, candidates: Uint32Array): number;
}

/** VERSIONS in native/scanner.h. */
const VERSIONS = 16;
const TAIL_WORDS = 3;

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

  /** In the order of struct job in native/scanner.h. */
  load({ midstates, words, mask }: PreparedJob): void {
    const tail = words.subarray(0, TAIL_WORDS);
    const job = [...midstates.flatMap((midstate) => [...midstate]), ...tail, mask];
    this.addon.load(this.#scanner, Uint32Array.from(job));
  }

  scan(nonce: number, groups: number): number {
    return this.addon.scan(this.#scanner, nonce, groups, this.candidates);
  }
}

/** One of the native hash loops. */
export interface NativeVariant {
  /** The instructions it is made of: 'avx512', 'sha-ni', 'avx2', 'armv8'. */
  name: string;
  create: () => Kernel;
}

/**
 * The native hash loops that this CPU runs.
 * @param addons where they are, if not where they are looked for
 * @throws Error when there is no addon that this system loads.
 */
export function nativeVariants(
  addons: readonly AddonSource[] = availableAddons(),
): NativeVariant[] {
  const addon = loadAddon(addons) as Addon;
  return addon.variants.map(({ name, lanes }, number) => ({
    name,
    create: () => new GroupKernel(new NativeScanner(addon, number, name, lanes)),
  }));
}
