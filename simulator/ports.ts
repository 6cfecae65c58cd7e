import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Linux gives ports from 32768 on to outgoing connections, other systems from 49152 on. A port from there may be
 * free now and taken by the time its process listens: a network of tasks has hundreds of connections.
 */
const FIRST = 12_000;
const LAST = 32_767;

/** Each port is given once: its user may not be listening on it yet when the next one asks. */
const given = new Set<number>();

/**
 * Ports that are free on loopback, all different from each other and from any given before, and not among those
 * that a system gives to outgoing connections.
 * @throws Error when there are not enough
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries++) {
    if (tries > count + 1_000) throw new Error(`no ${count} free ports from ${FIRST} to ${LAST}`);
    const port = randomInt(FIRST, LAST + 1);
    if (given.has(port) || (await whyNotFree(port, '127.0.0.1'))) continue;
    given.add(port);
    ports.push(port);
  }
  return ports;
}

/** Listens on a port for a moment. @returns why that fails; undefined if it works */
export function whyNotFree(port: number, host: string): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve).listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
