import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { StandaloneNode } from '../fixtures/standalone';
import { until } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 2;
const POSTS = ['/submission/2', '/audit', '/task/2'];

describeProcesses('hostile input over HTTP', function () {
  this.timeout(60_000);
  let node: StandaloneNode;

  before(async () => {
    node = await StandaloneNode.start();
    await node.post(`/task/${ROUND}`, {});
  });
  after(() => node.dispose());
  afterEach(async () => {
    const { status } = await node.ask('/healthz');
    expect([status, node.isRunning]).to.deep.equal([200, true]);
  });

  const send = (route: string, raw: string | Uint8Array, headers: Record<string, string> = {}) =>
    node.ask(route, {
      method: 'POST',
      raw,
      headers: { 'content-type': 'application/json', ...headers },
    });

  const bodies: [string, string | Uint8Array, number[]][] = [
    ['no JSON', '{"hash":', [400]],
    ['a lone word', 'null', [400]],
    ['a lone number', '7', [400]],
    ['an array', '[]', [400]],
    ['a text that is no object', '"share"', [400]],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x80, 0x7d]), [400]],
    ['NUL bytes', Buffer.alloc(100), [400]],
    ['8000 brackets in each other', '['.repeat(8000), [400]],
    ['2000 objects in each other', '{"a":'.repeat(2000) + '1' + '}'.repeat(2000), [400, 200]],
    ['a prototype', '{"__proto__":{"submission":{}},"constructor":{"prototype":1}}', [400, 200]],
    ['numbers without end', `{"difficulty":1e999,"block_height":${'9'.repeat(5000)}}`, [400, 200]],
    [
      'keys without end',
      `{${Array.from({ length: 900 }, (_, i) => `"k${i}":${i}`).join()}}`,
      [400, 200],
    ],
    ['a body of 16 KiB and a byte', `{"a":"${'x'.repeat(16 * 1024 - 7)}"}`, [413]],
    ['a body of 1 MB', Buffer.alloc(1_000_000, 0x20), [413]],
    ['a zip bomb', gzipSync(Buffer.alloc(5_000_000, 0x20)), [413]],
  ];
  for (const [what, body, expected] of bodies) {
    it(`answers ${what}`, async () => {
      const encoding: Record<string, string> =
        what === 'a zip bomb' ? { 'content-encoding': 'gzip' } : {};
      for (const route of POSTS) {
        const { status } = await send(route, body, encoding);
        // Unknown fields are ignored, so this is a valid start of the running round.
        expect(route === '/task/2' ? expected : [expected[0]], route).to.include(status);
      }
    });
  }

  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', '']) {
    it(`refuses a body of type "${type}"`, async () => {
      for (const route of POSTS) {
        const { status } = await send(route, '{}', { 'content-type': type });
        expect(status, route).to.equal(415);
      }
    });
  }

  it('ignores fields it does not know', async () => {
    const { status, body } = await node.post('/audit', { submission: null, more: { $ne: 1 } });
    expect([status, body.issues.length]).to.deep.equal([400, 1]);
  });

  it('never shows a stack trace or a path of this machine', async () => {
    const answers = await Promise.all([
      send('/audit', '{'),
      node.ask('/task/%E0%A4%A'),
      node.ask('/audit?limit=x'),
      node.ask('/nope'),
    ]);
    for (const { body } of answers) {
      expect(JSON.stringify(body)).not.to.match(/\bat |node_modules|\.[jt]s\b/);
    }
  });

  /** The answer to some bytes, however wrong, up to the end of the connection. */
  async function raw(bytes: string): Promise<string> {
    const socket = connect(node.port, '127.0.0.1').setEncoding('latin1');
    let answer = '';
    socket.on('data', (text: string) => (answer += text)).on('error', () => undefined);
    socket.write(bytes);
    await once(socket, 'close');
    return answer;
  }
  const head = 'POST /audit HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n';

  for (const [what, bytes, status] of [
    ['no HTTP at all', '\x00\x01\x02\r\n\r\n', 400],
    ['two lengths', `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
    [
      'a length and chunks',
      `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
      400,
    ],
    ['a length that is no number', `${head}Content-Length: -5\r\n\r\n{}`, 400],
    [
      'two types',
      `${head}Content-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}`,
      400,
    ],
    ['a header of 64 KB', `${head}X: ${'x'.repeat(65_536)}\r\n\r\n`, 431],
    [
      'a chunk of 100 KB',
      `${head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n${' '.repeat(100_000)}\r\n0\r\n\r\n`,
      413,
    ],
  ] as const) {
    it(`answers ${what} on the wire`, async () => {
      const answer = await raw(bytes);
      expect(answer).to.match(new RegExp(`^HTTP/1.1 ${status} `));
      expect(JSON.parse(answer.slice(answer.lastIndexOf('{"error"')))).to.have.property('message');
    });
  }

  it('cuts off a body that does not come, and answers others meanwhile', async () => {
    const slow = Array.from({ length: 50 }, () =>
      raw(`${head}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`),
    );
    let slowest = 0;
    const ended = Promise.all(slow);
    let over = false;
    void ended.then(() => (over = true));
    await until(async () => {
      const startedAt = performance.now();
      expect((await node.ask('/healthz')).status).to.equal(200);
      slowest = Math.max(slowest, performance.now() - startedAt);
      return over;
    });
    for (const answer of await ended) expect(answer).to.match(/^HTTP\/1.1 408 /);
    expect(slowest).to.be.below(5000);
  });

  it('stays responsive in a flood of garbage', async () => {
    const flood = Promise.all(
      Array.from({ length: 300 }, (_, i) => send(POSTS[i % 2]!, '{"hash":'.repeat(1 + (i % 1000)))),
    );
    const health = await node.ask('/healthz');
    expect(health.status).to.equal(200);
    // 429 once the address has reached its limit of malformed shares.
    for (const { status } of await flood) expect(status).to.be.oneOf([400, 429]);
  });
});
