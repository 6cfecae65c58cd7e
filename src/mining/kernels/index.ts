import type { Backend, Kernel } from '../kernel';
import { selfTest } from '../self-test';
import { NoAddonError, type AddonSource } from './addon-files';
import { availableAddons } from './available-addons';
import { fastestInstance, hashrate } from './fastest';
import { createJsKernel } from './js';
import { nativeVariants } from './native';
import { createWasmScalarKernel } from './wasm-scalar';
import { createWasmSimdKernel } from './wasm-simd';

/** What is missing is no news; what is there and does not work is. */
export type TellLevel = 'debug' | 'warn';
/** Told why a backend or a variant of it is not used: "what: why", beginning with the backend's name. */
export type Tell = (message: string, level: TellLevel) => void;
type Factory = (tell: Tell, addons: readonly AddonSource[]) => Kernel;

/** In order of expected speed. */
const FACTORIES: readonly { backend: Backend; create: Factory }[] = [
  { backend: 'native', create: fastestNative },
  { backend: 'wasm-simd', create: () => fastestInstance((salt) => createWasmSimdKernel({ salt })) },
  { backend: 'wasm', create: () => fastestInstance((salt) => createWasmScalarKernel({ salt })) },
  { backend: 'js', create: createJsKernel },
];

/**
 * The fastest kernel that works here, or the one asked for, proven on known answers.
 * @param addons native code, if not what is found where it is looked for
 * @throws Error, naming each backend and its fault, when none of those asked for works.
 */
export function createKernel(
  preference: 'auto' | Backend,
  tell: Tell = () => {},
  addons: readonly AddonSource[] = availableAddons(),
): Kernel {
  const faults: string[] = [];
  for (const { backend, create } of FACTORIES) {
    if (preference !== 'auto' && preference !== backend) continue;
    const kernel = proven(
      backend,
      () => create(tell, addons),
      (fault, level) => {
        tell(fault, level);
        faults.push(fault);
      },
    );
    if (kernel) return kernel;
  }
  throw new Error(faults.join('; ') || `no such kernel: ${preference}`);
}

/** The native variant that is fastest on this CPU, of those that work. */
function fastestNative(tell: Tell, addons: readonly AddonSource[]): Kernel {
  const ranked = nativeVariants(addons)
    .flatMap(({ name, create }) => proven(`native ${name}`, create, tell) ?? [])
    .map((kernel) => ({ kernel, rate: hashrate(kernel) }))
    .sort((a, b) => b.rate - a.rate);
  if (!ranked[0]) throw new Error('none of its variants works');
  return ranked[0].kernel;
}

/** The kernel once it has passed its test; its fault is told, and nothing given, when it can't run. */
function proven(name: string, create: () => Kernel, onFault: Tell): Kernel | undefined {
  try {
    const kernel = create();
    selfTest(kernel);
    return kernel;
  } catch (error) {
    const level = error instanceof NoAddonError ? 'debug' : 'warn';
    const reason = error instanceof Error ? error.message : String(error);
    onFault(`${name} kernel can't run: ${reason}`, level);
    return undefined;
  }
}
