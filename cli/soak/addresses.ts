export const LOOPBACK = '127.0.0.1';
/** Of an honest device, and of anybody behind the same router. */
export const RIG_ADDRESS = '127.0.0.11';

/** Each attack has its own strangers, so that a limit hit by one attack does not hold back the others. */
const STRANGERS = 200;
/** @param attack 1..254 */
export const stranger = (attack: number, n: number): string =>
  `127.0.${attack}.${1 + (n % STRANGERS)}`;
