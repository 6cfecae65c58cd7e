import { isIPv4 } from 'node:net';
import os from 'node:os';

/** Of an honest device, and of whoever stands behind the same router. */
export const RIG_ADDRESS = '127.0.0.11';

/** An address of this machine that isn't loopback; undefined where it has none. */
export function lanAddress(): string | undefined {
  return Object.values(os.networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, address }) => !internal && isIPv4(address))?.address;
}
