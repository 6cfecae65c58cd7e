import type { Hit, Kernel, KernelJob } from '../kernel';
import { checkRange, PreparedJob } from './job';
import { evaluator } from './wasm/dag';
import { saltModule } from './wasm/encoder';
import { ROUND_CONSTANTS } from './sha256-constants';
import {
  CANDIDATES,
  JOB,
  LANE_NUMBERS,
  LANES,
  ROUND_CONSTANTS_COLUMN,
  row,
  VERSION_SIZE,
  VERSIONS as VERSION_TABLES,
  WORDS,
} from './wasm/layout';
import { buildScan, type ScanModule } from './wasm/scan';

// The one file that touches WebAssembly.

/** What this file uses of it; @types/node 18 doesn't declare it. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (module: object) => {
    exports: {
      memory: { buffer: ArrayBuffer };
      scan: (start: number, groups: number) => number;
    };
  };
};

/** Rolled versions hashed for every nonce. */
const VERSIONS = 16;

/**
 * V8 never optimises a WebAssembly function while it runs, only between calls: no call may be long.
 */
const MAX_GROUPS_PER_CALL = 2 ** 16 / (LANES * VERSIONS);

let built: ScanModule | undefined;

/** Generated once, when it is first needed. */
const scanModule = (): ScanModule => (built ??= buildScan(VERSIONS));

class WasmSimdKernel implements Kernel {
  readonly backend = 'wasm-simd';
  readonly versions = VERSIONS;

  readonly #module = scanModule();
  readonly #scan: (start: number, groups: number) => number;
  readonly #memory: DataView;
  readonly #candidates: Uint8Array;
  #job: PreparedJob | undefined;

  constructor(salt: number) {
    const module = new WebAssembly.Module(saltModule(this.#module.bytes, salt));
    const { exports } = new WebAssembly.Instance(module);
    this.#scan = exports.scan;
    this.#memory = new DataView(exports.memory.buffer);
    this.#candidates = new Uint8Array(exports.memory.buffer, CANDIDATES, VERSIONS);
    for (let lane = 0; lane < LANES; lane++) this.#write(LANE_NUMBERS + 4 * lane, lane);
    ROUND_CONSTANTS.forEach((k, t) => this.#write(row(WORDS, t) + ROUND_CONSTANTS_COLUMN, k));
  }

  load(job: KernelJob): void {
    const prepared = new PreparedJob(job, VERSIONS);
    prepared.midstates.forEach((midstate, versionBits) => {
      const evaluate = evaluator({ tail: prepared.words, midstate, mask: prepared.mask });
      const table = VERSION_TABLES + versionBits * VERSION_SIZE;
      this.#module.versionSlots.forEach((word, i) => this.#write(table + 4 * i, evaluate(word)));
      if (versionBits > 0) return;
      this.#module.jobSlots.forEach((word, i) => this.#write(JOB + 4 * i, evaluate(word)));
    });
    this.#job = prepared;
  }

  scan(start: number, end: number): Hit[] {
    checkRange(start, end);
    const job = this.#job;
    if (!job) throw new Error('no job is loaded');
    const hits: Hit[] = [];
    let nonce = start;
    while (nonce < end) {
      const groups = Math.min(Math.ceil((end - nonce) / LANES), MAX_GROUPS_PER_CALL);
      const stoppedAt = this.#scan(nonce, groups);
      nonce += stoppedAt * LANES;
      if (stoppedAt === groups) continue;
      this.#confirm(job, nonce, Math.min(nonce + LANES, end), hits);
      nonce += LANES;
    }
    return hits;
  }

  /** Adds what the group of nonces from `start` really hit; its lanes past `end` don't count. */
  #confirm(job: PreparedJob, start: number, end: number, hits: Hit[]): void {
    for (let nonce = start; nonce < end; nonce++) {
      const lane = 1 << (nonce - start);
      for (let versionBits = 0; versionBits < VERSIONS; versionBits++) {
        if ((this.#candidates[versionBits]! & lane) === 0) continue;
        const hit = { versionBits, nonce };
        if (job.isHit(hit)) hits.push(hit);
      }
    }
  }

  #write(address: number, word: number): void {
    this.#memory.setInt32(address, word, true);
  }
}

/**
 * A kernel in WebAssembly SIMD128, four nonces at a time. Kernels of different salts, whole numbers
 * from 0, are the same code at another place, which can change its speed (docs/ENGINE.md).
 * @throws Error when this engine can't run the module.
 */
export function createWasmSimdKernel({ salt = 0 }: { salt?: number } = {}): Kernel {
  return new WasmSimdKernel(salt);
}
