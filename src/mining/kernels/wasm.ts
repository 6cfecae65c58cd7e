import { ROUND_CONSTANTS } from '../../bitcoin/sha256';
import { saltModule } from './generator/encoder';
import { evaluator } from './generator/expressions';
import {
  CANDIDATES,
  HEADER_TABLE,
  LANE_NUMBERS,
  type Machine,
  ROUND_CONSTANTS_COLUMN,
  row,
  SCALAR,
  SIMD,
  VECTOR_LANES,
  VERSION_TABLE_SIZE,
  VERSION_TABLES,
  WORDS,
} from './generator/machine';
import { buildScan, type ScanModule } from './generator/scan';
import { GroupKernel, type GroupScanner } from './group-kernel';
import type { Backend, Kernel } from './kernel';
import type { PreparedHeader } from './prepared-header';

// The one file that touches WebAssembly: makes kernels of the modules that generator/ writes.

/** The part of WebAssembly used here; @types/node 18 doesn't declare it. */
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

/** Each is generated once, when first needed. */
const modules = new Map<Machine, ScanModule>();

/**
 * A kernel in WebAssembly SIMD128, four nonces at a time. Kernels with different salts (whole numbers from 0) have the
 * same code at different addresses, which can change its speed (docs/ENGINE.md).
 * @throws Error when this engine can't run the module.
 */
export function createWasmSimdKernel({ salt = 0 }: { salt?: number } = {}): Kernel {
  return new GroupKernel(new WasmScanner('wasm-simd', SIMD, salt));
}

/**
 * A kernel in plain WebAssembly, one nonce at a time; for the salt see createWasmSimdKernel.
 * @throws Error when this engine can't run the module.
 */
export function createWasmScalarKernel({ salt = 0 }: { salt?: number } = {}): Kernel {
  return new GroupKernel(new WasmScanner('wasm', SCALAR, salt));
}

/** The hash loop of a machine (generator/machine.ts) in WebAssembly. */
class WasmScanner implements GroupScanner {
  readonly variant = '';
  readonly versions = VERSIONS;
  readonly lanes: number;
  readonly candidates: Uint8Array;
  readonly scan: (nonce: number, groups: number) => number;

  readonly #module: ScanModule;
  readonly #memory: DataView;

  /**
   * @param salt a whole number from 0; another salt puts the same code at another address
   * @throws Error when this engine can't run the module.
   */
  constructor(
    readonly backend: Backend,
    machine: Machine,
    salt: number,
  ) {
    this.lanes = machine.lanes;
    this.#module = scanModule(machine);
    const module = new WebAssembly.Module(saltModule(this.#module.bytes, salt));
    const { exports } = new WebAssembly.Instance(module);
    this.scan = exports.scan;
    this.#memory = new DataView(exports.memory.buffer);
    this.candidates = new Uint8Array(exports.memory.buffer, CANDIDATES, VERSIONS);
    for (let lane = 0; lane < VECTOR_LANES; lane++) this.#write(LANE_NUMBERS + 4 * lane, lane);
    ROUND_CONSTANTS.forEach((k, t) => this.#write(row(WORDS, t) + ROUND_CONSTANTS_COLUMN, k));
  }

  load({ midstates, words, mask }: PreparedHeader): void {
    midstates.forEach((midstate, versionBits) => {
      const evaluate = evaluator({ tail: words, midstate, mask });
      const table = VERSION_TABLES + versionBits * VERSION_TABLE_SIZE;
      this.#module.versionSlots.forEach((word, i) => this.#write(table + 4 * i, evaluate(word)));
      if (versionBits > 0) return;
      this.#module.headerSlots.forEach((word, i) =>
        this.#write(HEADER_TABLE + 4 * i, evaluate(word)),
      );
    });
  }

  #write(address: number, word: number): void {
    this.#memory.setInt32(address, word, true);
  }
}

function scanModule(machine: Machine): ScanModule {
  const module = modules.get(machine) ?? buildScan(machine, VERSIONS);
  modules.set(machine, module);
  return module;
}
