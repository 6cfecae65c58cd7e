import type { Backend, Kernel } from '../kernel';
import { selfTest } from '../self-test';
import { fastestInstance } from './fastest';
import { createJsKernel } from './js';
import { createWasmSimdKernel } from './wasm-simd';

/** In order of expected speed. */
const FACTORIES: readonly { backend: Backend; create: () => Kernel }[] = [
  { backend: 'wasm-simd', create: () => fastestInstance((salt) => createWasmSimdKernel({ salt })) },
  { backend: 'js', create: createJsKernel },
];

/**
 * The fastest kernel that works here, or the one asked for, proven on known answers.
 * @throws Error, naming each backend and its fault, when none of those asked for works.
 */
export function createKernel(
  preference: 'auto' | Backend,
  log: (message: string) => void = () => {},
): Kernel {
  const faults: string[] = [];
  for (const { backend, create } of FACTORIES) {
    if (preference !== 'auto' && preference !== backend) continue;
    try {
      const kernel = create();
      selfTest(kernel);
      return kernel;
    } catch (error) {
      const fault = `${backend} kernel can't run: ${error instanceof Error ? error.message : String(error)}`;
      log(fault);
      faults.push(fault);
    }
  }
  throw new Error(faults.join('; ') || `no such kernel: ${preference}`);
}
