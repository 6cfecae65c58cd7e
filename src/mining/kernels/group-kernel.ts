import type { Backend, Hit, Kernel } from './kernel';
import { checkRange, PreparedHeader } from './prepared-header';

/**
 * A hash loop that works on groups of nonces side by side and filters them on one digest word: in
 * WebAssembly or native code.
 */
export interface GroupScanner {
  readonly backend: Backend;
  readonly variant: string;
  readonly versions: number;
  /** Nonces in a group, 1..32. */
  readonly lanes: number;
  load(header: PreparedHeader): void;
  /**
   * Hashes `groups` groups, at least 1, from `nonce` on (modulo 2^32). Returns how many it passed before one with a
   * candidate, or all of them if there was none.
   */
  scan(nonce: number, groups: number): number;
  /** For the group that ended the scan, by versionBits: bit i is set if nonce + i is a candidate. */
  readonly candidates: ArrayLike<number>;
}

/**
 * Hashes in one call of the scanner: 2 to 30 ms, far above the cost of a call. V8 switches to optimised WebAssembly
 * code only between calls, so no call may be long.
 */
const HASHES_PER_CALL = 2 ** 16;

/** The kernel around a scanner: cuts ranges into groups and hashes candidates again in full. */
export class GroupKernel implements Kernel {
  readonly backend: Backend;
  readonly variant: string;
  readonly versions: number;
  readonly #groupsPerCall: number;
  #header: PreparedHeader | undefined;

  constructor(private readonly scanner: GroupScanner) {
    this.backend = scanner.backend;
    this.variant = scanner.variant;
    this.versions = scanner.versions;
    this.#groupsPerCall = HASHES_PER_CALL / (scanner.lanes * scanner.versions);
  }

  load(header: Uint8Array, target: bigint): void {
    const prepared = new PreparedHeader(header, target, this.versions);
    this.scanner.load(prepared);
    this.#header = prepared;
  }

  scan(start: number, end: number): Hit[] {
    checkRange(start, end);
    const header = this.#header;
    if (!header) throw new Error('no header is loaded');
    const { scanner } = this;
    const hits: Hit[] = [];
    let nonce = start;
    while (nonce < end) {
      const groups = Math.min(Math.ceil((end - nonce) / scanner.lanes), this.#groupsPerCall);
      const passed = scanner.scan(nonce, groups);
      nonce += passed * scanner.lanes;
      if (passed === groups) continue;
      this.#confirm(header, nonce, Math.min(nonce + scanner.lanes, end), hits);
      nonce += scanner.lanes;
    }
    return hits;
  }

  /** Adds the real hits in the group of nonces from `start`; lanes past `end` don't count. */
  #confirm(header: PreparedHeader, start: number, end: number, hits: Hit[]): void {
    const { candidates } = this.scanner;
    for (let nonce = start; nonce < end; nonce++) {
      const lane = 1 << (nonce - start);
      for (let versionBits = 0; versionBits < this.versions; versionBits++) {
        if ((candidates[versionBits]! & lane) === 0) continue;
        const hit = { versionBits, nonce };
        if (header.isHit(hit)) hits.push(hit);
      }
    }
  }
}
