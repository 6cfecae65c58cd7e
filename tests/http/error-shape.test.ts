import { once } from 'node:events';
import type http from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { Router } from 'express';
import { createApp } from '../../sdk-stand-in/namespace-wrapper/server';
import { createDashboard } from '../../src/dashboard/dashboard';
import { STREAMS } from '../../src/dashboard/feed';
import { createApi, mountPublicApi } from '../../src/http/api';
import { ControlToken } from '../../src/http/control-token';
import { PublicGuard } from '../../src/http/public-guard';
import { listen } from '../../src/http/server';
import { createNode, type MiningNode } from '../../src/node';
import { createLog } from '../../src/process/log';
import { Settings } from '../../src/settings/settings';
import { MemoryStore } from '../fixtures/memory-store';
import { eventually } from '../fixtures/until';
import { identity, seed } from '../fixtures/template';

const ROUND = 3;
const RATE = 60;
const TOKEN = 'f'.repeat(32);
const OWNER = `X-Orca-Control: 1\r\nAuthorization: Bearer ${TOKEN}\r\n`;
const log = createLog('silent');

interface Errors {
  status: number;
  contentType: string | undefined;
  allow: string | undefined;
  text: string;
}

/** The answer to some bytes, up to the end of the connection. */
async function answerTo(port: number, bytes: string | Uint8Array): Promise<Errors> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let answer = '';
  socket.on('data', (text: string) => (answer += text)).on('error', () => undefined);
  socket.write(bytes);
  await once(socket, 'close');
  const [head = '', text = ''] = answer.split('\r\n\r\n');
  const header = (name: string) => new RegExp(`^${name}: (.*)\r?$`, 'im').exec(head)?.[1];
  return {
    status: Number(/^HTTP\/1\.1 (\d+) /.exec(head)?.[1]),
    contentType: header('Content-Type'),
    allow: header('Allow'),
    text,
  };
}

/** A request as bytes, with Connection: close. */
function request(line: string, headers = '', body: string | Uint8Array = ''): Buffer {
  const length = body.length > 0 ? `Content-Length: ${body.length}\r\n` : '';
  const head = `${line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}${length}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]);
}
const JSON_TYPE = 'Content-Type: application/json\r\n';
const get = (path: string, headers = '') => request(`GET ${path}`, headers);
const post = (path: string, body: string | Uint8Array, headers = JSON_TYPE) =>
  request(`POST ${path}`, headers, body);

function expectError(answered: Errors, status: number): void {
  expect([answered.status, answered.contentType]).to.deep.equal([
    status,
    'application/json; charset=utf-8',
  ]);
  const body = JSON.parse(answered.text) as Record<string, unknown>;
  expect(body).to.include.all.keys('error', 'message');
  expect(body['error']).to.match(/^[a-z_]+$/);
  expect(body['message']).to.match(/^[ -~]{3,500}$/);
  expect(Object.keys(body).filter((key) => !['error', 'message', 'issues'].includes(key))).to.be
    .empty;
}

describe('all errors have one shape', function () {
  this.timeout(30_000);
  let store: MemoryStore;
  let node: MiningNode;
  const servers: http.Server[] = [];
  const ports = { side: 0, limited: 0, tunnel: 0 };

  const keep = (server: http.Server): number => {
    servers.push(server);
    return (server.address() as AddressInfo).port;
  };
  before(async () => {
    store = new MemoryStore();
    const settings = Settings.of({ MINING_THREADS: '1', MINING_INTENSITY: '1' });
    const chain = { submissions: () => Promise.reject(new Error('the node is away')) };
    node = await createNode({
      settings,
      log,
      identity,
      store,
      chain,
      sdk: 'koii',
      nodeCallFailures: new Map(),
    });
    await node.miner.begin(ROUND, seed, Infinity);
    const token = new ControlToken(TOKEN);
    const owners = { settings: node.settings, token, restart: undefined };
    const broken = Router().get('/broken', () => {
      throw new Error('at /home/somebody');
    });
    const serve = async (requestsPerMinute: number): Promise<number> => {
      const api = createApi(node, { requestsPerMinute, owners });
      const page = createDashboard(node, owners);
      const paths = Router().use(broken, page, api);
      const at = { API_HOST: '127.0.0.1', API_PORT: 0, API_ALLOWED_HOSTS: [] };
      return keep((await listen(paths, at, log))!);
    };
    [ports.side, ports.limited] = [await serve(0), await serve(RATE)];
    const app = createApp();
    const tunnel = app.listen(0, '127.0.0.1');
    const guard = new PublicGuard(tunnel, app);
    const ignore = (): void => undefined;
    guard.configure({ requestsPerMinute: RATE, onRefused: ignore, onFault: ignore });
    mountPublicApi(app, node);
    await once(tunnel, 'listening');
    ports.tunnel = keep(tunnel);
  });
  after(async () => {
    for (const server of servers) server.close();
    for (const server of servers) server.closeAllConnections();
    await node.miner.pause();
    await node.engine.close();
    node.governor.close();
  });

  const large = `{"a":"${'x'.repeat(20_000)}"}`;
  const side: [string, number, string | Uint8Array][] = [
    ['no path', 404, get('/nope')],
    ['a path of a folder up', 404, get('/../../etc/passwd')],
    ['a path that is broken', 404, get('/%ff')],
    ['a round that is broken', 400, get('/task/%ff')],
    ['a round in broken UTF-8', 400, get('/submission/%E0%A4%A')],
    ['a round that is none', 400, get('/task/x')],
    ['a round that is unknown', 404, get('/task/77')],
    ['no proof', 404, get('/submission/77')],
    ['a query that is wrong', 400, get('/audit?limit=x')],
    ['another method', 405, request('DELETE /audit')],
    ['a method of others', 405, request('PROPFIND /task/3')],
    ['a method that nobody has', 400, request('MINE /task/3')],
    ['TRACE', 405, request('TRACE /audit')],
    ['all options of no path', 404, request('OPTIONS /nope')],
    ['the options of the server', 404, request('OPTIONS *')],
    ['a proxy', 400, request('CONNECT example.org:443')],
    ['an upgrade', 404, get('/nope', 'Connection: Upgrade\r\nUpgrade: websocket\r\n')],
    ['an expectation', 404, get('/nope', 'Expect: the unexpected\r\n')],
    ['no Host', 403, 'GET /audit HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['no Host of an old client', 403, 'GET /audit HTTP/1.0\r\n\r\n'],
    ['another Host', 403, 'GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n'],
    ['another page', 403, get('/audit', 'Origin: http://evil.example\r\n')],
    ['no HTTP', 400, '\x00\x01\r\n\r\n'],
    ['HTTP/2', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['two lengths', 400, get('/audit', 'Content-Length: 1\r\nContent-Length: 2\r\n')],
    ['a large header', 431, get('/audit', `X: ${'x'.repeat(20_000)}\r\n`)],
    ['a large path', 431, get(`/${'x'.repeat(20_000)}`)],
    ['no JSON', 400, post('/audit', '{')],
    ['JSON that is no object', 400, post('/audit', 'null')],
    ['another type', 415, post('/audit', '{}', 'Content-Type: text/plain\r\n')],
    ['no type', 415, post('/audit', '{}', '')],
    [
      'another charset',
      415,
      post('/audit', '{}', `Content-Type: application/json; charset=${'\\x'.repeat(500)}\r\n`),
    ],
    ['another encoding', 415, post('/audit', '{}', `${JSON_TYPE}Content-Encoding: zstd\r\n`)],
    ['no gzip', 400, post('/audit', '{}', `${JSON_TYPE}Content-Encoding: gzip\r\n`)],
    [
      'half a gzip',
      400,
      post('/audit', gzipSync('{}').subarray(0, 15), `${JSON_TYPE}Content-Encoding: gzip\r\n`),
    ],
    [
      'a gzip that unpacks to more',
      413,
      post('/audit', gzipSync(large), `${JSON_TYPE}Content-Encoding: gzip\r\n`),
    ],
    ['a large body', 413, post('/audit', large)],
    ['a large share', 413, post('/submission/3', large)],
    ['a share that is none', 400, post('/submission/3', '{}')],
    ['a share of an unknown round', 404, post('/submission/77', JSON.stringify(share()))],
    ['an audit that nobody can decide', 503, post('/audit', audit())],
    ['the start of a round', 409, post('/task/4', '{}')],
    ['the settings of a stranger', 403, get('/settings')],
    ['a setting that is none', 400, request('PUT /settings', OWNER + JSON_TYPE, '{"A":1}')],
    ['settings that are no object', 400, request('PUT /settings', OWNER + JSON_TYPE, '[]')],
    ['the controls of a stranger', 403, post('/dashboard/control', '{}')],
    ['an order that is none', 400, post('/dashboard/control', '{}', OWNER + JSON_TYPE)],
    ['an order that is no JSON', 400, post('/dashboard/control', '{', OWNER + JSON_TYPE)],
    ['an order to restart', 409, post('/dashboard/control', restart(), OWNER + JSON_TYPE)],
    ['a method of the page', 405, request('DELETE /')],
    ['a method of its events', 405, request('PUT /dashboard/events')],
    ['no file of the page', 404, get('/dashboard/nope')],
    ['a fault of the node', 500, get('/broken')],
  ];
  for (const [what, status, bytes] of side) {
    it(`on the side port: ${what}`, async () => {
      const answered = await answerTo(ports.side, bytes);
      expectError(answered, status);
      if (status === 405) expect(answered.allow).to.match(/GET|POST/);
      expect(answered.text).not.to.match(/somebody|node_modules|\.ts/);
    });
  }

  const tunnel: [string, number, string | Uint8Array][] = [
    ['no path', 404, get('/nope')],
    ["the SDK's own", 404, get('/taskState')],
    ['a path below one', 404, get('/task/3/4')],
    ['a round that is broken', 400, get('/task/%ff')],
    ['a round that is unknown', 404, get('/task/77')],
    ['a worker', 400, get('/task/3?worker_id=rig1')],
    ['a query that is wrong', 400, get('/audit?limit=x')],
    ['another method', 405, request('POST /audit')],
    ['options', 405, request('OPTIONS *')],
    ['a method that nobody has', 400, request('MINE /task/3')],
    ['a proxy', 400, request('CONNECT example.org:443')],
    ['an upgrade', 404, get('/nope', 'Connection: Upgrade\r\nUpgrade: websocket\r\n')],
    ['an expectation', 404, get('/nope', 'Expect: the unexpected\r\n')],
    ['a body', 413, request('GET /audit', JSON_TYPE, '{}')],
    ['no Host', 404, 'GET /nope HTTP/1.1\r\n\r\n'],
    ['no HTTP', 400, '\x00\x01\r\n\r\n'],
    ['a large header', 431, get('/audit', `X: ${'x'.repeat(20_000)}\r\n`)],
  ];
  for (const [what, status, bytes] of tunnel) {
    it(`through the tunnel: ${what}`, async () => {
      expectError(await answerTo(ports.tunnel, bytes), status);
    });
  }

  it('on the side port: more than there may be', async () => {
    const last = async (bytes: string | Uint8Array): Promise<Errors> => {
      let answered = await answerTo(ports.limited, bytes);
      for (let i = 0; i < RATE; i++) answered = await answerTo(ports.limited, bytes);
      return answered;
    };
    expectError(await last(get('/audit')), 429);
    expectError(await last(post('/submission/3', '{}')), 429);
  });

  it('on the side port: more streams of events than there may be', async () => {
    const open = Array.from({ length: STREAMS.all }, () =>
      connect(ports.side, '127.0.0.1').on('error', () => undefined),
    );
    for (const socket of open) {
      socket.write('GET /dashboard/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await once(socket, 'data');
    }
    expectError(await answerTo(ports.side, get('/dashboard/events')), 503);
    for (const socket of open) socket.destroy();
  });

  it('through the tunnel: more than there may be', async () => {
    const answers = await Promise.all(
      Array.from({ length: RATE + 1 }, () => answerTo(ports.tunnel, get('/audit'))),
    );
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused).not.to.be.empty;
    for (const answered of refused) expectError(answered, 429);
  });

  it('but those of shares, which say what was found wrong with them', async () => {
    const refused = await answerTo(ports.side, post('/submission/3', JSON.stringify(share())));
    expect([refused.status, refused.contentType]).to.deep.equal([
      422,
      'application/json; charset=utf-8',
    ]);
    expect(JSON.parse(refused.text)).to.have.all.keys('accepted', 'reason', 'message');
  });

  it('and who asks for a proxy and stays is let go', async () => {
    const head = 'CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n';
    for (const port of [ports.side, ports.tunnel]) {
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true }).resume();
      socket.on('error', () => undefined).write(head);
      await once(socket, 'end');
      // Writing to a connection that is gone ends it on this side, too.
      await eventually(() => {
        if (!socket.destroyed) socket.write('x');
        return socket.destroyed || undefined;
      });
    }
  });

  it('on the side port: a store that takes no writes', async () => {
    store.broken = true;
    await node.shares.flush().catch(() => undefined);
    // There must be something to write.
    await answerTo(ports.side, post('/submission/3', JSON.stringify(share())));
    await node.shares.flush().catch(() => undefined);
    const answered = await answerTo(ports.side, post('/submission/3', JSON.stringify(share())));
    store.broken = false;
    expectError(answered, 503);
  });
});

function share(): object {
  const ids = { worker_id: 'rig1', submission_id: 'a' };
  const proof = { extranonce2: '00000000', nonce: '00000000' };
  return { hash: 'ab'.repeat(32), difficulty: 0, block_height: ROUND, ...ids, ...proof };
}

function audit(): string {
  const submitter = 'US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx';
  return JSON.stringify({ submission: { proof: 'EA', round_number: 50, submitter } });
}

function restart(): string {
  return JSON.stringify({ action: 'restart' });
}
