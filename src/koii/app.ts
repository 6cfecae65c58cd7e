export { app } from '@_koii/namespace-wrapper';
