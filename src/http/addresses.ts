import { BlockList, isIPv4 } from 'node:net';
import os from 'node:os';
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

/** For use in a network alone (RFC 1918 section 3), as home routers give them. */
const PRIVATE = new BlockList();
PRIVATE.addSubnet('10.0.0.0', 8);
PRIVATE.addSubnet('172.16.0.0', 12);
PRIVATE.addSubnet('192.168.0.0', 16);

/** Given to itself by a machine that got none (RFC 3927). */
const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16);

/** Networks of containers, virtual machines and tunnels, which the devices at home aren't in. */
const VIRTUAL =
  /^(br-|cni|docker|lxc|podman|tap|tun|utun|vboxnet|veth(?!ernet)|virbr|vmnet|wg|zt)/i;

/**
 * The IPv4 address by which other devices of the local network most likely reach this machine; undefined when it is in
 * none.
 * @param interfaces as the operating system lists them
 */
export function lanAddress(interfaces = os.networkInterfaces()): string | undefined {
  const found = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ address, internal }) => !internal && isIPv4(address) && !LINK_LOCAL.check(address))
      .map(({ address }) => ({ address, isVirtual: VIRTUAL.test(name) })),
  );
  const real = found.filter(({ isVirtual }) => !isVirtual);
  const best = real.find(({ address }) => PRIVATE.check(address)) ?? real[0] ?? found[0];
  return best?.address;
}

/** Whether a host means all addresses of this machine. */
export function isAllAddresses(host: string): boolean {
  return ALL_ADDRESSES.has(host);
}

/** Whether a host name or address always means the machine that uses it. */
export function isOwnMachine(name: string): boolean {
  return name === 'localhost' || isLoopback(name);
}
