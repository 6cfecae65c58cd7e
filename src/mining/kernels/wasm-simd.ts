import type { Kernel } from '../kernel';
import { GroupKernel, type GroupScanner } from './group-kernel';
import type { PreparedJob } from './job';
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

let built: ScanModule | undefined;

/** Generated once, when it is first needed. */
const scanModule = (): ScanModule => (built ??= buildScan(VERSIONS));

class WasmSimdScanner implements GroupScanner {
  readonly backend = 'wasm-simd';
  readonly variant = '';
  readonly versions = VERSIONS;
  readonly lanes = LANES;
  readonly candidates: Uint8Array;
  readonly scan: (nonce: number, groups: number) => number;

  readonly #module = scanModule();
  readonly #memory: DataView;

  constructor(salt: number) {
    const module = new WebAssembly.Module(saltModule(this.#module.bytes, salt));
    const { exports } = new WebAssembly.Instance(module);
    this.scan = exports.scan;
    this.#memory = new DataView(exports.memory.buffer);
    this.candidates = new Uint8Array(exports.memory.buffer, CANDIDATES, VERSIONS);
    for (let lane = 0; lane < LANES; lane++) this.#write(LANE_NUMBERS + 4 * lane, lane);
    ROUND_CONSTANTS.forEach((k, t) => this.#write(row(WORDS, t) + ROUND_CONSTANTS_COLUMN, k));
  }

  load({ midstates, words, mask }: PreparedJob): void {
    midstates.forEach((midstate, versionBits) => {
      const evaluate = evaluator({ tail: words, midstate, mask });
      const table = VERSION_TABLES + versionBits * VERSION_SIZE;
      this.#module.versionSlots.forEach((word, i) => this.#write(table + 4 * i, evaluate(word)));
      if (versionBits > 0) return;
      this.#module.jobSlots.forEach((word, i) => this.#write(JOB + 4 * i, evaluate(word)));
    });
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
  return new GroupKernel(new WasmSimdScanner(salt));
}
