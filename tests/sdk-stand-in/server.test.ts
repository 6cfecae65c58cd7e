import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { createApp, listen } from '../../sdk-stand-in/namespace-wrapper/server';
import { eventually } from '../fixtures/until';
import { getJson } from './http';
import { captureErrors } from './quiet';

describe("the stand-in's server", () => {
  const alive = { status: 200, message: 'Running' };
  let server: Server | undefined;
  afterEach(() => server?.close());

  const start = async (other?: string): Promise<number> => {
    server = listen(createApp(), 0, other);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const ask = (host: string, port: number): Promise<unknown> =>
    getJson(`http://${host}:${port}/`).catch(({ code }: NodeJS.ErrnoException) => code);

  it('answers on both addresses of loopback, for localhost is either, until it is closed', async function () {
    const probe = createServer().listen(0, '::1');
    const hasIpv6 = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    probe.close();
    if (!hasIpv6) this.skip();
    const port = await start();
    for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
      await eventually(async () => ((await ask(host, port)) === 'ECONNREFUSED' ? undefined : true));
      expect(await ask(host, port), host).to.deep.equal(alive);
    }
    server!.close();
    await eventually(async () => (await ask('[::1]', port)) === 'ECONNREFUSED');
  });

  it('does without the second where a machine has none, without a word', async () => {
    const errors = captureErrors();
    try {
      // An address for documentation, which no machine has (RFC 5737).
      const port = await start('192.0.2.1');
      // An error message would come within this time.
      await sleep(100);
      expect(await ask('127.0.0.1', port)).to.deep.equal(alive);
    } finally {
      errors.restore();
    }
    expect(errors.lines).to.deep.equal([]);
  });

  it('says where another program has the second', async () => {
    const errors = captureErrors();
    try {
      await start('127.0.0.1');
      await eventually(() => errors.lines[0]);
    } finally {
      errors.restore();
    }
    expect(errors.lines[0]).to.match(/^Koii SDK stand-in: listen EADDRINUSE/);
  });
});
