import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import express, { type Request } from 'express';
import { mayControl } from '../../src/http/access';
import { mountPublicApi } from '../../src/http/api';
import { ControlToken } from '../../src/http/control-token';
import { Schedule } from '../../src/mining/schedule';
import { eventually } from '../fixtures/until';
import { send } from '../fixtures/send';
import { serveDashboard, TOKEN, type Served } from './served';

const FILES = ['/', '/dashboard/style.css', '/dashboard/page.js', '/dashboard/icon.svg'];
const BUDGET_BYTES = 150_000;

describe('the page of the dashboard', () => {
  let served: Served;
  before(async () => (served = await serveDashboard()));
  after(() => served.close());

  const get = (path: string, headers = {}) => send(served.port, { path, headers });

  it('lets the browser load nothing but its own files, and run nothing inline', async () => {
    for (const path of [...FILES, '/dashboard/control']) {
      const { headers } = await get(path);
      const policy = headers['content-security-policy'];
      expect(policy, path).to.match(/^default-src 'none'/);
      expect(policy).to.include("script-src 'self'").and.include("style-src 'self'");
      expect(policy).not.to.match(/unsafe|\*|https?:/);
      expect(headers).to.include({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
    }
    const { text } = await get('/');
    expect(text).not.to.match(/<script(?![^>]*src=)|<style|style=|\son\w+=|https?:/);
  });

  it('tells the browser whether rounds have windows and rewards, and whether Bitcoin is wanted, before it draws anything', async () => {
    expect((await get('/')).text).to.include('<html lang="en" data-chain="no" data-bitcoin="no">');
    const onChain = await serveDashboard({
      roundTimes: () => new Promise(() => undefined),
      env: { WORK_SOURCE: 'bitcoin' },
    });
    try {
      const { text } = await send(onChain.port, { path: '/' });
      expect(text).to.include('<html lang="en" data-chain="yes" data-bitcoin="yes">');
    } finally {
      await onChain.close();
    }
  });

  it('has a page of the network where there is a chain, under the same policy', async () => {
    const onChain = await serveDashboard({ roundTimes: () => new Promise(() => undefined) });
    try {
      const page = await send(onChain.port, { path: '/dashboard/network' });
      expect(page.headers['content-security-policy']).to.match(/^default-src 'none'/);
      expect(page.text).to.include('/dashboard/network.js');
      expect(page.text).not.to.match(/<script(?![^>]*src=)|<style|style=|\son\w+=|https?:/);
      const script = await send(onChain.port, { path: '/dashboard/network.js' });
      expect(script.text).to.include('/network');
    } finally {
      await onChain.close();
    }
    const { status, text } = await get('/dashboard/network');
    expect([status, JSON.parse(text)]).to.deep.equal([
      404,
      { error: 'not_found', message: 'this node runs without a chain that has rounds to show' },
    ]);
  });

  it('weighs less than 150 KB with all its files, compressed where the browser takes it', async () => {
    let bytes = 0;
    for (const path of FILES) {
      const response = await fetch(served.url + path, {
        headers: { 'accept-encoding': 'gzip' },
      });
      bytes += Number(response.headers.get('content-length'));
      expect(response.headers.get('content-encoding'), path).to.equal('gzip');
      expect((await response.text()).length).to.be.greaterThan(0);
    }
    expect(bytes).to.be.below(BUDGET_BYTES);
  });

  it('sends plain text to who does not take gzip, the same as unzipped', async () => {
    const plain = await get('/dashboard/page.js', { 'accept-encoding': 'identity' });
    expect(plain.headers['content-encoding']).to.equal(undefined);
    const response = await fetch(`${served.url}/dashboard/page.js`);
    expect(await response.text()).to.equal(plain.text);
    expect(() => gunzipSync(Buffer.from(plain.text))).to.throw();
  });

  it('tells a browser that has a file that it is the same', async () => {
    for (const path of FILES) {
      const { etag } = (await get(path)).headers;
      const again = await get(path, { 'if-none-match': etag });
      expect(again).to.include({ status: 304, text: '' });
    }
  });

  it("has no place on the SDK's app, which the tunnel shows the public", async () => {
    const app = express();
    mountPublicApi(app, served.node);
    const server = app.listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const control = { method: 'POST', path: '/dashboard/control', body: '{"action":"pause"}' };
      for (const path of [...FILES, '/dashboard/events']) {
        expect((await send(port, { path })).status, path).to.equal(404);
      }
      expect((await send(port, control)).status).to.equal(404);
      expect((await send(port, { path: '/healthz' })).status).not.to.equal(404);
    } finally {
      server.close();
    }
  });

  it('answers other methods with 405', async () => {
    const { status, headers } = await send(served.port, { method: 'DELETE', path: '/' });
    expect(status).to.equal(405);
    expect(headers.allow).to.equal('GET, HEAD');
  });
});

describe('the controls of the dashboard', () => {
  let served: Served;
  let restarts = 0;
  before(async () => (served = await serveDashboard({ restart: () => void restarts++ })));
  after(() => served.close());
  beforeEach(() => {
    served.node.governor.resume();
    served.node.governor.configure({ intensity: 10, schedule: Schedule.parse('') });
  });

  /** Sends an order as the page does, with some headers changed; undefined leaves a header out. */
  function order(body: unknown, changed: Record<string, string | undefined> = {}) {
    const headers = {
      host: `127.0.0.1:${served.port}`,
      origin: `http://127.0.0.1:${served.port}`,
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/json',
      'x-orca-control': '1',
      cookie: `orca-control-${served.port}=${TOKEN}`,
      ...changed,
    };
    const present = Object.entries(headers).filter(([, value]) => value !== undefined);
    return send(served.port, {
      method: 'POST',
      path: '/dashboard/control',
      body: JSON.stringify(body),
      headers: Object.fromEntries(present),
    });
  }

  it('pause and resume', async () => {
    const paused = await order({ action: 'pause' });
    expect(paused.status).to.equal(200);
    expect(JSON.parse(paused.text)).to.deep.equal({ state: 'paused', intensity: 10 });
    expect(served.node.governor.state).to.equal('paused');
    await order({ action: 'resume' });
    expect(served.node.governor.state).to.equal('mining');
  });

  it('serve a program on this machine, which sends no origin and the token as it is', async () => {
    for (const authorization of [`Bearer ${TOKEN}`, `bearer  ${TOKEN}`]) {
      const { status } = await order(
        { action: 'pause' },
        { origin: undefined, 'sec-fetch-site': undefined, cookie: undefined, authorization },
      );
      expect(status).to.equal(200);
    }
  });

  it("serve who has cookies of other nodes and programs beside this port's", async () => {
    const cookie = `orca-control-1=${'0'.repeat(32)}; a=b;orca-control-${served.port}=${TOKEN}; c`;
    expect((await order({ action: 'pause' }, { cookie })).status).to.equal(200);
  });

  it('restart where somebody starts the task again, after the answer', async () => {
    expect((await order({ action: 'restart' })).status).to.equal(200);
    await eventually(() => restarts === 1);
    await served.close();
    served = await serveDashboard();
    const { status, text } = await order({ action: 'restart' });
    expect(status).to.equal(409);
    expect(text).to.include('nobody starts this node again');
  });

  const attacks: [string, Record<string, string | undefined>][] = [
    ['a page of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a page of another port', { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }],
    ['an origin that hides itself', { origin: 'null', 'sec-fetch-site': undefined }],
    [
      'an old browser of another site',
      { origin: 'https://evil.example', 'sec-fetch-site': undefined },
    ],
    ['a form, which can set no header', { 'x-orca-control': undefined }],
    ['a name that was made to point here', { host: 'evil.example', origin: 'http://evil.example' }],
    [
      'such a name with the port',
      { host: 'evil.example:8080', origin: 'http://evil.example:8080' },
    ],
    ['a name that only begins well', { host: 'localhost.evil.example', origin: undefined }],
    ['what a proxy passes on', { 'x-forwarded-for': '203.0.113.5' }],
    ['who has no token', { cookie: undefined }],
    ['who knows another token', { cookie: undefined, authorization: `Bearer ${'0'.repeat(32)}` }],
    ['a part of the token', { cookie: undefined, authorization: `Bearer ${TOKEN.slice(1)}` }],
    ['the token of another scheme', { cookie: undefined, authorization: `Basic ${TOKEN}` }],
    ['the cookie of another port', { cookie: `orca-control-1=${TOKEN}` }],
    ['a cookie that only ends well', { cookie: `x=orca-control-1=${TOKEN}` }],
  ];
  for (const [who, headers] of attacks) {
    it(`refuse ${who}`, async () => {
      const { status, text } = await order({ action: 'pause' }, headers);
      expect(status).to.equal(403);
      expect(JSON.parse(text)).to.include({ error: 'forbidden' });
      expect(served.node.governor.state).to.equal('mining');
    });
  }

  it('refuse a preflight of another origin: no header allows it', async () => {
    const { status, headers } = await send(served.port, {
      method: 'OPTIONS',
      path: '/dashboard/control',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(status).to.equal(403);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).to.be.empty;
  });

  it('refuse text that looks like JSON, bad orders, and reading', async () => {
    expect((await order({ action: 'pause' }, { 'content-type': 'text/plain' })).status).to.equal(
      415,
    );
    for (const bad of [{}, { action: 'stop' }, { intensity: 50 }, []]) {
      expect((await order(bad)).status, JSON.stringify(bad)).to.equal(400);
    }
    expect((await send(served.port, { path: '/dashboard/control' })).status).to.equal(405);
    expect(served.node.governor.state).to.equal('mining');
  });

  it('are for loopback addresses only', () => {
    const token = new ControlToken(TOKEN);
    const headers = { authorization: `Bearer ${TOKEN}` };
    const from = (remoteAddress: string | undefined, host: string): boolean =>
      mayControl({ socket: { remoteAddress }, headers: { ...headers, host } } as Request, token);
    for (const address of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1']) {
      expect(from(address, 'localhost:8080'), address).to.equal(true);
    }
    for (const address of ['192.168.1.5', '172.17.0.1', '::ffff:10.0.0.1', 'fe80::1', undefined]) {
      expect(from(address, '127.0.0.1:8080'), address).to.equal(false);
    }
    expect(from('::1', '[::1]:8080')).to.equal(true);
    expect(from('127.0.0.1', '192.168.1.5:8080')).to.equal(false);
  });
});
