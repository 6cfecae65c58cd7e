import { createKernel } from '../../src/mining/kernels/choose';
import { nativeVariants } from '../../src/mining/kernels/native';

// Prints which backend is chosen, and the native hash loops that this CPU can run: if nothing is said of them, they all
// passed the known answers.

const said: string[] = [];
const { backend } = createKernel('auto', (message) => said.push(message));
const variants = backend === 'native' ? nativeVariants().map(({ name }) => name) : [];
console.log(JSON.stringify({ backend, variants, said }));
