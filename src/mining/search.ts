import type { Attempt } from '../work/attempt';
import { headerOf, type Template } from '../work/segment';
import type { Kernel } from './kernels/kernel';

const NONCES = 2 ** 32;
const EXTRANONCES2 = 2 ** 32;

/** Where a search of a template begins. */
export interface SearchSpace {
  template: Template;
  /** u16: the first two bytes of the extranonce. Searches of one template that share it begin far apart. */
  prefix: number;
  /** u32: the other four bytes, from which this search rolls on. */
  extranonce2: number;
}

/**
 * Walks a search space nonce by nonce and extranonce2 by extranonce2, never covering the same ground twice. Threads,
 * remote workers and tests all use this search.
 */
export class Search {
  private nonce = 0;
  private currentExtranonce2: number;

  /** @param target highest hash value wanted */
  constructor(
    private readonly kernel: Kernel,
    private readonly space: SearchSpace,
    private target: bigint,
  ) {
    this.currentExtranonce2 = space.extranonce2;
    this.load();
  }

  /** The extranonce2 being searched. */
  get extranonce2(): number {
    return this.currentExtranonce2;
  }

  /** Changes the target from here on; nothing is scanned again. */
  setTarget(target: bigint): void {
    this.target = target;
    this.load();
  }

  /**
   * Scans the next nonces: as many as fit into `maxHashes` hashes, but at least one, and never beyond the end of an
   * extranonce2.
   * @returns what was found and how many hashes it took
   */
  step(maxHashes: number): { found: Attempt[]; hashes: number } {
    const nonces = Math.max(1, Math.floor(maxHashes / this.kernel.versions));
    const end = Math.min(this.nonce + nonces, NONCES);
    const found = this.kernel.scan(this.nonce, end).map(({ versionBits, nonce }) => ({
      ...this.ground,
      versionBits,
      nonce,
    }));
    const hashes = (end - this.nonce) * this.kernel.versions;
    this.nonce = end;
    if (end === NONCES) this.roll();
    return { found, hashes };
  }

  private roll(): void {
    this.nonce = 0;
    this.currentExtranonce2 = (this.currentExtranonce2 + 1) % EXTRANONCES2;
    this.load();
  }

  private load(): void {
    const attempt = { ...this.ground, versionBits: 0, nonce: 0 };
    this.kernel.load(headerOf(this.space.template, attempt), this.target);
  }

  private get ground(): Omit<Attempt, 'versionBits' | 'nonce'> {
    const { space, currentExtranonce2: extranonce2 } = this;
    return { prefix: space.prefix, extranonce2, timeOffset: 0 };
  }
}
