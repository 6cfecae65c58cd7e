import { createKernel } from '../../../src/mining/kernels/choose';
import { BACKENDS, type Backend, type Kernel } from '../../../src/mining/kernels/kernel';
import { nativeVariants, type NativeVariant } from '../../../src/mining/kernels/native';

export interface KernelUnderTest {
  name: string;
  backend: Backend;
  variant: string;
  create: () => Kernel;
}

/** Empty if the addon wasn't built: it is never needed. */
export const NATIVE_VARIANTS: readonly NativeVariant[] = (() => {
  try {
    return nativeVariants();
  } catch {
    return [];
  }
})();

/** Every backend; the native one once for each variant that this CPU can run. */
export const EVERY_KERNEL: readonly KernelUnderTest[] = BACKENDS.flatMap(kernelsOf);

function kernelsOf(backend: Backend): KernelUnderTest[] {
  if (backend === 'native') {
    return NATIVE_VARIANTS.map(({ name, create }) => ({
      name: `native ${name}`,
      backend,
      variant: name,
      create,
    }));
  }
  const create = (): Kernel =>
    createKernel(backend, (message) => {
      throw new Error(message);
    });
  return [{ name: backend, backend, variant: '', create }];
}
