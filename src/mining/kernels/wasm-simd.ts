import type { Hit, Kernel, KernelJob } from '../kernel';
import { checkRange, PreparedJob } from './job';
import { evaluator } from './wasm/dag';
import { buildScan, LANES, MEMORY } from './wasm/scan';

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
const VERSIONS = 8;

/**
 * V8 never optimises a WebAssembly function while it runs, only between calls: no call may be long.
 */
const MAX_GROUPS_PER_CALL = 2 ** 16 / (LANES * VERSIONS);

class WasmSimdKernel implements Kernel {
  readonly backend = 'wasm-simd';
  readonly versions = VERSIONS;

  readonly #module: ReturnType<typeof buildScan>;
  readonly #scan: (start: number, groups: number) => number;
  readonly #memory: DataView;
  readonly #candidates: Uint8Array;
  #job: PreparedJob | undefined;

  constructor(salt: number) {
    this.#module = buildScan(VERSIONS, salt);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(this.#module.bytes));
    this.#scan = exports.scan;
    this.#memory = new DataView(exports.memory.buffer);
    this.#candidates = new Uint8Array(exports.memory.buffer, MEMORY.candidates, VERSIONS);
    for (let lane = 0; lane < LANES; lane++) this.#write(MEMORY.lanes + 4 * lane, lane);
  }

  load(job: KernelJob): void {
    const prepared = new PreparedJob(job, VERSIONS);
    const { jobSlots, versionSlots, versionStride, uniformSchedule } = this.#module;
    prepared.midstates.forEach((midstate, versionBits) => {
      const evaluate = evaluator({ tail: prepared.words, midstate });
      const table = MEMORY.versions + versionBits * versionStride;
      versionSlots.forEach((word, i) => this.#write(table + 4 * i, evaluate(word)));
      if (versionBits > 0) return;
      jobSlots.forEach((word, i) => this.#write(MEMORY.job + 4 * i, evaluate(word)));
      for (const { round, word } of uniformSchedule) {
        for (let lane = 0; lane < LANES; lane++) {
          this.#write(MEMORY.schedule + 4 * (LANES * round + lane), evaluate(word));
        }
      }
    });
    this.#write(MEMORY.job + 1020, prepared.mask);
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
