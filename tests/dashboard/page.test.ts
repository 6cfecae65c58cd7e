import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import { gunzipSync } from 'node:zlib';
import { mountPublicApi } from '../../src/http/api';
import { send } from '../fixtures/send';
import { serveDashboard, type Served } from './served';

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

  it('tells the browser whether rounds have windows and rewards, before it draws anything', async () => {
    expect((await get('/')).text).to.include('<html lang="en" data-chain="no">');
    const onChain = await serveDashboard(
      '127.0.0.1',
      undefined,
      () => new Promise(() => undefined),
    );
    try {
      const { text } = await send(onChain.port, { path: '/' });
      expect(text).to.include('<html lang="en" data-chain="yes">');
    } finally {
      await onChain.close();
    }
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
    mountPublicApi(app, served.node.services);
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
