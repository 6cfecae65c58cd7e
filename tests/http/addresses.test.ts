import type { NetworkInterfaceInfo } from 'node:os';
import { expect } from 'chai';
import { isAllAddresses, isOwnMachine, lanAddress, originOf } from '../../src/http/addresses';

/** An interface as the operating system lists it, with its addresses. */
function of(...addresses: string[]): NetworkInterfaceInfo[] {
  return addresses.map((address) => {
    const common = { address, netmask: '', mac: '', cidr: null };
    const internal = address.startsWith('127.') || address === '::1';
    return address.includes(':')
      ? { ...common, internal, family: 'IPv6', scopeid: 0 }
      : { ...common, internal, family: 'IPv4' };
  });
}

describe('the address of this machine in the local network', () => {
  const lo = of('127.0.0.1', '::1');

  it('is that of its network card, in IPv4, which every miner speaks', () => {
    const eth0 = of('fe80::1', '2001:db8::5', '192.168.1.5');
    expect(lanAddress({ lo, eth0 })).to.equal('192.168.1.5');
  });

  for (const address of ['10.0.0.1', '172.16.0.1', '172.31.255.254', '192.168.255.1']) {
    it(`is rather ${address} than a public one`, () => {
      expect(lanAddress({ lo, eth0: of('203.0.113.5'), wlan0: of(address) })).to.equal(address);
    });
  }

  for (const address of ['172.15.0.1', '172.32.0.1', '11.0.0.1', '192.169.0.1']) {
    it(`is rather the first than ${address}, which is as public`, () => {
      expect(lanAddress({ eth0: of('203.0.113.5'), eth1: of(address) })).to.equal('203.0.113.5');
    });
  }

  for (const name of ['docker0', 'br-0a1b2c', 'veth12ab', 'virbr0', 'vboxnet0', 'tun0', 'wg0']) {
    it(`is not that of ${name}, where there is a card`, () => {
      const card = { wlan0: of('192.168.1.5') };
      expect(lanAddress({ lo, [name]: of('172.17.0.1'), ...card })).to.equal('192.168.1.5');
      expect(lanAddress({ lo, [name]: of('172.17.0.1') })).to.equal('172.17.0.1');
    });
  }

  it('may be that of a Windows switch, whose name begins as if for a container', () => {
    const interfaces = { wg0: of('10.8.0.2'), 'vEthernet (External)': of('192.168.1.5') };
    expect(lanAddress(interfaces)).to.equal('192.168.1.5');
  });

  it('is none where there is no network, or where nobody gave it one', () => {
    expect(lanAddress({})).to.equal(undefined);
    expect(lanAddress({ lo, eth0: undefined })).to.equal(undefined);
    expect(lanAddress({ lo, eth0: of('169.254.7.7', 'fe80::1') })).to.equal(undefined);
  });
});

describe('addresses', () => {
  it('of IPv6 stand in brackets', () => {
    expect(originOf('::1', 8080)).to.equal('http://[::1]:8080');
    expect(originOf('192.168.1.5', 8080)).to.equal('http://192.168.1.5:8080');
  });

  it('mean all, this machine, or one of them', () => {
    const hosts = ['0.0.0.0', '::', 'localhost', '127.0.0.2', '::1', '192.168.1.5', 'miner.lan'];
    expect(hosts.filter(isAllAddresses)).to.deep.equal(['0.0.0.0', '::']);
    expect(hosts.filter(isOwnMachine)).to.deep.equal(['localhost', '127.0.0.2', '::1']);
  });
});
