import { isIPv4 } from 'node:net';
import os from 'node:os';

export const LOOPBACK = '127.0.0.1';
/** Of an honest device, and of whoever stands behind the same router. */
export const RIG_ADDRESS = '127.0.0.11';

/** Each attack has strangers of its own: a limit that one of them runs into spares none of the others. */
const STRANGERS = 200;
/** @param attack 1..254 */
export const stranger = (attack: number, n: number): string =>
  `127.0.${attack}.${1 + (n % STRANGERS)}`;

/** An address of this machine that isn't loopback; undefined where it has none. */
export function lanAddress(): string | undefined {
  return Object.values(os.networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, address }) => !internal && isIPv4(address))?.address;
}
