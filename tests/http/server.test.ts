import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { Router } from 'express';
import { lanAddress } from '../../src/http/addresses';
import { listen } from '../../src/http/server';
import { createLog } from '../../src/process/log';
import type { Config } from '../../src/settings/schema';
import { send } from '../fixtures/send';
import { until } from '../fixtures/until';

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

  /** Opens silent connections. @returns how many of them the server keeps */
  async function hold(count: number, host: string): Promise<number> {
    const accepted: Socket[] = [];
    server.on('connection', (socket) => accepted.push(socket));
    let open = 0;
    for (let i = 0; i < count; i++) {
      const socket = connect(port, host).on('error', () => undefined);
      sockets.push(socket.on('close', () => open--).resume());
      open++;
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    }
    // Those without a place are closed as soon as they are accepted.
    await until(() => accepted.length === count);
    const kept = accepted.filter(({ destroyed }) => !destroyed).length;
    await until(() => open === kept);
    return kept;
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

  it('wait for a process that is busy, where the system lets 700 do so', function () {
    const queue = '/proc/sys/net/core/somaxconn';
    if (!existsSync(queue) || Number(readFileSync(queue, 'utf8')) < 700) return this.skip();
    const connected = new Int32Array(new SharedArrayBuffer(4));
    const code = `
      const { connected, port } = require('node:worker_threads').workerData;
      const onConnect = () => {
        Atomics.add(connected, 0, 1);
        Atomics.notify(connected, 0);
      };
      const { connect } = require('node:net');
      for (let i = 0; i < 700; i++) connect(port, '127.0.0.1', onConnect).on('error', () => {});`;
    const worker = new Worker(code, { eval: true, workerData: { connected, port } });
    // Nothing is accepted meanwhile: the event loop stands still.
    let count = 0;
    while (count < 700 && Atomics.wait(connected, 0, count, 3_000) !== 'timed-out') {
      count = Atomics.load(connected, 0);
    }
    expect(count).to.equal(700);
    return worker.terminate();
  });

  it('are answered again when others have left', async () => {
    expect(await hold(760, '127.0.0.1')).to.equal(750);
    sockets[0]!.destroy();
    await until(async () => {
      const answer = await send(port, { path: '/' }).catch(() => undefined);
      return answer?.text === 'here';
    });
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

  // 192.0.2.0/24 belongs to nobody (RFC 5737).
  for (const host of ['192.0.2.1', 'nowhere.invalid']) {
    it(`is on loopback where ${host} has none, so that its owner can choose another`, async () => {
      const { address, port } = await listening({ API_HOST: host, API_PORT: 65_530 });
      expect(address).to.equal('127.0.0.1');
      expect(port).to.be.within(8080, 8099);
    });
  }
});
