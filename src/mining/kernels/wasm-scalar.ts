import type { Kernel } from '../kernel';
import { GroupKernel } from './group-kernel';
import { SCALAR } from './wasm/machine';
import { WasmScanner } from './wasm-scanner';

/**
 * A kernel in plain WebAssembly, one nonce at a time; for the salt see createWasmSimdKernel.
 * @throws Error when this engine can't run the module.
 */
export function createWasmScalarKernel({ salt = 0 }: { salt?: number } = {}): Kernel {
  return new GroupKernel(new WasmScanner('wasm', SCALAR, salt));
}
