import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Router } from 'express';
import { listen } from '../../src/http/listen';
import { createLog } from '../../src/log';
import type { Config } from '../../src/settings/schema';
import { lanAddress } from '../../cli/soak/addresses';
import { send } from '../fixtures/send';

describe('connections to the side port', function () {
  this.timeout(60_000);
  let server: Server;
  let port: number;
  let sockets: Socket[];
  beforeEach(async () => {
    const api = Router().get('/', (_request, response) => void response.send('here'));
    const config = { API_HOST: '0.0.0.0', API_PORT: 0, API_ALLOWED_HOSTS: [] };
    server = (await listen(api, config, createLog('silent')))!;
    port = (server.address() as AddressInfo).port;
    sockets = [];
  });
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });

  /** Opens connections that say nothing. @returns how many of them stay open */
  async function hold(count: number, host: string): Promise<number> {
    let open = 0;
    for (let i = 0; i < count; i++) {
      const socket = connect(port, host).on('error', () => undefined);
      sockets.push(socket.on('close', () => open--).resume());
      open++;
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    }
    await sleep(500);
    return open;
  }

  it('of one address are 250 at most: others, and the owner, are answered', async function () {
    const address = lanAddress();
    if (address === undefined) return this.skip(); // no network
    expect(await hold(300, address)).to.equal(250);
    const answered = send(port, { path: '/', to: address }).catch((error: unknown) => error);
    expect(await answered).to.have.property('code', 'ECONNRESET');
    expect((await send(port, { path: '/' })).text).to.equal('here');
  });

  it('of loopback leave other addresses their share', async function () {
    const address = lanAddress();
    if (address === undefined) return this.skip(); // no network
    expect(await hold(800, '127.0.0.1')).to.equal(750);
    expect((await send(port, { path: '/', to: address })).text).to.equal('here');
  });

  it('are answered again when others have left', async () => {
    expect(await hold(760, '127.0.0.1')).to.equal(750);
    sockets[0]!.destroy();
    for (;;) {
      const answer = await send(port, { path: '/' }).catch(() => undefined);
      if (answer?.text === 'here') break;
      await sleep(20);
    }
  });
});

describe('the side port', () => {
  const listening = async (config: Pick<Config, 'API_HOST' | 'API_PORT'>): Promise<AddressInfo> => {
    const server = await listen(
      Router(),
      { ...config, API_ALLOWED_HOSTS: [] },
      createLog('silent'),
    );
    const address = server!.address() as AddressInfo;
    server!.close();
    return address;
  };

  // 192.0.2.0/24 is nobody's (RFC 5737).
  for (const host of ['192.0.2.1', 'nowhere.invalid']) {
    it(`is on loopback where ${host} has none, so that its owner can choose another`, async () => {
      const { address, port } = await listening({ API_HOST: host, API_PORT: 65_530 });
      expect(address).to.equal('127.0.0.1');
      expect(port).to.be.within(8080, 8099);
    });
  }
});
