import { isLoopback } from '../process/places';

/** For hosts that mean all addresses: a name by which this machine reaches itself. */
const ALL_ADDRESSES: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', 'localhost'],
]);

/** The name by which this machine reaches a port that listens on the host. */
export function reachableName(host: string): string {
  return ALL_ADDRESSES.get(host) ?? host;
}

/** Such as "http://[::1]:8080": IPv6 addresses go in brackets (RFC 3986 section 3.2.2). */
export function originOf(host: string, port: number | string): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Whether a host name or address always means the machine that uses it. */
export function isOwnMachine(name: string): boolean {
  return name === 'localhost' || isLoopback(name);
}
