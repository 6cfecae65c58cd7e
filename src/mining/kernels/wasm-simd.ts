import type { Kernel } from '../kernel';
import { GroupKernel } from './group-kernel';
import { SIMD } from './wasm/machine';
import { WasmScanner } from './wasm-scanner';

/**
 * A kernel in WebAssembly SIMD128, four nonces at a time. Kernels of different salts, whole numbers
 * from 0, are the same code at another place, which can change its speed (docs/ENGINE.md).
 * @throws Error when this engine can't run the module.
 */
export function createWasmSimdKernel({ salt = 0 }: { salt?: number } = {}): Kernel {
  return new GroupKernel(new WasmScanner('wasm-simd', SIMD, salt));
}
