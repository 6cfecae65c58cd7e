import { once } from 'node:events';
import type http from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { createApp } from '../../sdk-stand-in/namespace-wrapper/server';
import { PublicGuard, type GuardOptions } from '../../src/http/public-guard';

const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

describe('the guard before the public server', function () {
  this.timeout(30_000);
  let server: http.Server;
  let port: number;
  let reached: string[];
  let refused: string[];
  let faults: unknown[];
  let guard: PublicGuard;
  const options = (): GuardOptions => ({
    requestsPerMinute: 0,
    onRefused: (reason) => refused.push(reason),
    onFault: (error) => faults.push(error),
  });

  beforeEach(async () => {
    [reached, refused, faults] = [[], [], []];
    const app = createApp();
    app.use((request, _response, next) => {
      reached.push(`${request.method} ${request.url}`);
      next();
    });
    app.get('/task/:round', (_request, response) => void response.json({ round: 7 }));
    app.get('/audit', () => {
      throw new Error('the secret of the store');
    });
    app.get('/taskState', (_request, response) => void response.json({}));
    app.get('/healthz', (_request, response) => void response.json({ status: 'healthy' }));
    server = app.listen(0, '127.0.0.1');
    guard = new PublicGuard(server, app);
    guard.configure(options());
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  /** The answer to some bytes, up to the end of the connection. */
  async function answerTo(...parts: (string | Uint8Array)[]): Promise<string> {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    let answer = '';
    socket.on('data', (text: string) => (answer += text)).on('error', () => undefined);
    const closed = once(socket, 'close');
    for (const part of parts) {
      socket.write(part);
      // Without a pause they would arrive as one piece.
      if (parts.length > 1) await sleep(2);
    }
    await closed;
    return answer;
  }
  const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+) /.exec(answer)?.[1]);
  const ask = async (
    path: string,
    init?: RequestInit,
  ): Promise<[number, Record<string, unknown>]> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return [response.status, (await response.json()) as Record<string, unknown>];
  };

  it('lets GET and HEAD through, and closes after one answer', async () => {
    const answer = await answerTo(GET('/task/7'));
    expect(statusOf(answer)).to.equal(200);
    expect(answer)
      .to.match(/^Connection: close\r$/im)
      .and.to.include('{"round":7}');
    const head = await answerTo('HEAD /task/7 HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(statusOf(head)).to.equal(200);
    expect(head).to.match(/\r\n\r\n$/);
    expect(reached).to.deep.equal(['GET /task/7', 'HEAD /task/7']);
  });

  it('takes a head in any pieces, with or without CR', async () => {
    expect(statusOf(await answerTo(...GET('/task/7')))).to.equal(200);
    expect(statusOf(await answerTo('GET /task/7 HTTP/1.1\nHost: x\n\n'))).to.be.oneOf([200, 400]);
    expect(statusOf(await answerTo(`\r\n${GET('/task/7')}`))).to.equal(200);
  });

  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']) {
    it(`answers ${method} with 405 before a byte of its body came`, async () => {
      const head = `${method} /nope HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n`;
      const answer = await answerTo(head);
      expect(statusOf(answer)).to.equal(405);
      expect(answer)
        .to.match(/^Allow: GET, HEAD\r$/im)
        .and.to.match(/^Connection: close\r$/im);
      expect(answer).to.include('{"error":"method_not_allowed"');
      expect(refused).to.deep.equal(['method']);
      expect(reached).to.deep.equal([]);
    });
  }

  for (const [what, head] of [
    ['a length', 'Content-Length: 5\r\n'],
    ['chunks', 'Transfer-Encoding: chunked\r\n'],
    ['a word to wait for', 'Content-Length: 5\r\nExpect: 100-continue\r\n'],
    ['a word nobody knows', 'Content-Length: 5\r\nExpect: the unexpected\r\n'],
  ] as const) {
    it(`answers GET with a body announced by ${what} with 413`, async () => {
      const answer = await answerTo(`GET /task/7 HTTP/1.1\r\nHost: x\r\n${head}\r\n`);
      expect(statusOf(answer)).to.equal(413);
      expect(reached).to.deep.equal([]);
    });
  }

  it('tells who sends megabytes, who reads the answer all the same', async () => {
    for (const bytes of [50_000, 300_000, 5_000_000]) {
      for (let i = 0; i < 10; i++) {
        const [status] = await ask('/audit', { method: 'POST', body: Buffer.alloc(bytes, 0x5b) });
        expect(status, `${bytes} bytes`).to.equal(405);
      }
    }
  });

  it('unpacks nothing', async () => {
    const bomb = gzipSync(`[${'[],'.repeat(16_000_000)}[]]`);
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const bombs = Array.from({ length: 24 }, (_, i) =>
      ask(['/', '/nope', '/task/7'][i % 3]!, { method: 'POST', headers, body: bomb }),
    );
    const startedAt = performance.now();
    expect((await ask('/healthz'))[0]).to.equal(200);
    // A single one of them once took 9 s.
    expect(performance.now() - startedAt).to.be.below(2000);
    for (const [status] of await Promise.all(bombs)) expect(status).to.equal(405);
  });

  it('answers one request of a connection that sends 2,000', async () => {
    const requests = GET('/task/7').repeat(2000);
    const answers = await Promise.all(Array.from({ length: 20 }, () => answerTo(requests)));
    for (const answer of answers) expect(answer.split('HTTP/1.1 ')).to.have.length(2);
    expect(reached).to.have.length(20);
  });

  it('answers newcomers while hundreds of connections send half a request', async () => {
    const half: Socket[] = [];
    for (let i = 0; i < 300; i++) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      socket.write('GET /task/7 HTTP/1.1\r\nHost: x\r\n');
      half.push(socket);
      await once(socket, 'connect');
    }
    expect((await ask('/task/7'))[0]).to.equal(200);
    const open = await new Promise((resolve) =>
      server.getConnections((_error, count) => resolve(count)),
    );
    expect(open).to.be.at.most(100);
    expect(refused.filter((reason) => reason === 'crowded')).to.have.length.of.at.least(200);
    for (const socket of half) socket.destroy();
  });

  it('gives a request five seconds to arrive, however slowly bytes drip', async () => {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    let answer = '';
    socket.on('data', (text: string) => (answer += text)).on('error', () => undefined);
    const drip = setInterval(() => socket.write('x'), 200);
    socket.write('GET /task/7 HTTP/1.1\r\nX: ');
    await once(socket, 'close');
    clearInterval(drip);
    expect(statusOf(answer)).to.equal(408);
    expect(refused).to.deep.equal(['slow']);
  });

  it('answers a head above 16 KiB, and what is no HTTP', async () => {
    const long = await answerTo(`GET /task/7 HTTP/1.1\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`);
    expect(statusOf(long)).to.equal(431);
    const garbage = await answerTo('\x16\x03\x01\x02\x00\r\n\r\n');
    expect(statusOf(garbage)).to.equal(400);
    expect(refused).to.deep.equal(['malformed', 'malformed']);
  });

  it('lets no path through but its own, however it is written', async () => {
    for (const path of [
      '/taskState',
      '/TASKSTATE',
      '//taskState',
      'http://x/taskState',
      '/task/../taskState',
      '/audits',
      '/nope',
      '/metrics',
      '*',
    ]) {
      expect(statusOf(await answerTo(GET(path))), path).to.be.oneOf([400, 404]);
    }
    expect(reached.filter((request) => /taskstate$/i.test(request))).to.deep.equal([
      // Reaches the app as another path, which nothing answers.
      'GET /task/../taskState',
    ]);
  });

  it('answers in our shape what is thrown on any path, and has nothing of it printed', async () => {
    const { error } = console;
    const printed: unknown[] = [];
    console.error = (...what: unknown[]) => printed.push(what);
    try {
      const [status, body] = await ask('/audit');
      expect([status, body['error']]).to.deep.equal([500, 'internal']);
      expect(JSON.stringify(body)).not.to.include('secret');
      for (const path of ['/task/%E0%A4%A', '/task/%1b%5b2J%zz']) {
        const answer = await answerTo(GET(path));
        expect(statusOf(answer)).to.equal(400);
        expect(answer).to.include('{"error":"bad_request"').and.not.include('node_modules');
      }
      expect(statusOf(await answerTo(GET('/submission/1/2/3')))).to.equal(404);
    } finally {
      console.error = error;
    }
    expect(printed).to.deep.equal([]);
    expect(faults).to.have.length(1);
  });

  it('limits requests by address, health apart, and makes who is over it wait', async () => {
    guard.configure({ ...options(), requestsPerMinute: 3 });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) {
      // A forged address doesn't help.
      statuses.push((await ask('/task/7', { headers: { 'x-forwarded-for': `10.0.0.${i}` } }))[0]);
    }
    expect(statuses).to.deep.equal([200, 200, 200, 429]);
    const startedAt = performance.now();
    const many = Array.from({ length: 20 }, () => ask('/nope', { method: 'POST', body: '{' }));
    for (const [status] of await Promise.all(many)) expect(status).to.equal(429);
    expect(performance.now() - startedAt).to.be.above(900);
    for (let i = 0; i < 30; i++) expect((await ask('/healthz'))[0]).to.equal(200);
    expect((await ask('/healthz'))[0]).to.equal(429);
  });

  it('lives on whatever bytes come, and passes one request of a connection at most', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r\n\r\n',
        '\n\n',
        ' ',
        'GET',
        ' /task/7',
        ' HTTP/1.1',
        ' HTTP/1.0',
        'Host: x',
        'Upgrade: h2c',
        'Connection: Upgrade',
        'Content-Length: 3',
        GET('/task/7'),
      ),
      fc.string({ maxLength: 20 }),
    );
    const message = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(message, async (bytes) => {
        reached = [];
        const socket = connect(port, '127.0.0.1').on('error', () => undefined);
        socket.resume().end(Buffer.from(bytes, 'latin1'));
        // If it stays open, wait a little to see that no second request gets through.
        await Promise.race([once(socket, 'close'), sleep(20)]);
        socket.destroy();
        expect(reached.length).to.be.at.most(1);
      }),
      { numRuns: 150 },
    );
    expect((await ask('/task/7'))[0]).to.equal(200);
  });
});
