/** Where a port listens on all addresses, one of this machine alone that leads there. */
const ALL_ADDRESSES: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', 'localhost'],
]);

/** The name by which this machine reaches what listens on a host. */
export function reachableName(host: string): string {
  return ALL_ADDRESSES.get(host) ?? host;
}

/** "http://[::1]:8080": IPv6 addresses stand in brackets (RFC 3986 section 3.2.2). */
export function originOf(host: string, port: number | string): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
