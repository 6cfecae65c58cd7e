import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { isLoopback } from '../../src/process/places';
import { send, type Answered, type Sent } from '../fixtures/send';
import { StandaloneNode } from '../fixtures/standalone';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 3;

/** Headers that browsers add to a page's request. */
const crossSite = (mode: string, dest = 'empty') => ({
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': mode,
  'sec-fetch-dest': dest,
});

describeProcesses('who may ask at the side port', function () {
  this.timeout(60_000);
  let node: StandaloneNode;
  before(async () => {
    node = await StandaloneNode.start({
      API_HOST: '0.0.0.0',
      API_ALLOWED_HOSTS: 'network, Mine.Example.',
      MINING_INTENSITY: '1',
    });
    await node.post(`/task/${ROUND}`, {});
  });
  after(() => node.dispose());

  const ask = (sent: Partial<Sent>) => send(node.port, { path: '/healthz', ...sent });
  const own = () => `127.0.0.1:${node.port}`;

  function expectRefused({ status, headers, text }: Answered): string {
    expect(status).to.equal(403);
    expect(headers).to.include({ connection: 'close', 'cache-control': 'no-store' });
    const body = JSON.parse(text) as { error: string; message: string };
    expect(body.error).to.equal('forbidden');
    return body.message;
  }

  describe('by the name in Host', () => {
    const ours = [
      'localhost',
      'LocalHost:1',
      'localhost.:8080',
      '127.0.0.1',
      '127.8.9.1:80',
      '[::1]',
      '[::1]:8080',
      '192.168.1.5:8080',
      '[fe80::1]:8080',
      '[2001:db8::1]',
      '203.0.113.5',
      'network:8080',
      'NETWORK',
      'network.',
      'mine.example',
      'mine.example:9000',
    ];
    for (const host of ours) {
      it(`answers ${host}`, async () => {
        expect((await ask({ headers: { host } })).status).to.equal(200);
      });
    }

    const others = [
      'evil.example',
      'evil.example:8080',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'xlocalhost',
      'localhost:x',
      'network.evil.example',
      '[evil.example]',
      '[::1]evil',
      '127.0.0.1@evil.example',
      '1.2.3.4.5',
      '::1',
      'a b',
      '[',
      ':8080',
      'localhost..',
    ];
    for (const host of others) {
      it(`refuses ${JSON.stringify(host)}, and says what to do`, async () => {
        expect(expectRefused(await ask({ headers: { host } }))).to.match(
          /not a name of this node: .*API_ALLOWED_HOSTS/,
        );
      });
    }

    it('holds for every path and method: a name that was made to point here reads nothing', async () => {
      for (const path of ['/', '/task', '/audit', '/metrics', '/dashboard/events', '/nope']) {
        for (const method of ['GET', 'POST', 'OPTIONS']) {
          const headers = { host: `evil.example:${node.port}` };
          expectRefused(await ask({ method, path, headers }));
        }
      }
    });

    for (const head of ['1.0', '1.1', '1.1\r\nHost: ', '1.0\r\nHost:  ']) {
      it(`refuses who names nothing: ${JSON.stringify(head)}`, async () => {
        const socket = connect(node.port, '127.0.0.1').setEncoding('latin1');
        let answer = '';
        socket.on('data', (text: string) => (answer += text));
        socket.write(`GET /healthz HTTP/${head}\r\n\r\n`);
        await once(socket, 'close');
        expect(answer).to.match(/^HTTP\/1\.1 403 /);
      });
    }
  });

  describe('by the page that asks', () => {
    const allowed: [string, () => Partial<Sent>][] = [
      ['a program such as curl', () => ({})],
      ['a Prometheus', () => ({ path: '/metrics', headers: { host: own() } })],
      ['fetch() of Node.js', () => ({ headers: { 'sec-fetch-mode': 'cors' } })],
      [
        'its own page',
        () => ({ headers: { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' } }),
      ],
      [
        'its own page that posts',
        () => ({
          method: 'POST',
          headers: { host: own(), origin: `http://${own()}`, 'sec-fetch-site': 'same-origin' },
        }),
      ],
      [
        'its own page, by an address of the LAN, where browsers tell less',
        () => ({
          method: 'POST',
          headers: { host: '192.168.1.5:8080', origin: 'http://192.168.1.5:8080' },
        }),
      ],
      [
        'its own page, behind a proxy that speaks TLS',
        () => ({
          method: 'POST',
          headers: { host: 'mine.example', origin: 'https://Mine.Example' },
        }),
      ],
      ['who types the address', () => ({ path: '/', headers: { 'sec-fetch-site': 'none' } })],
      [
        'who follows a link from another site',
        () => ({ path: '/', headers: crossSite('navigate', 'document') }),
      ],
    ];
    for (const [who, sent] of allowed) {
      it(`answers ${who}`, async () => {
        expect((await ask(sent())).status).to.equal(200);
      });
    }

    const refused: [string, Partial<Sent>][] = [
      ['a script of another site', { headers: crossSite('cors') }],
      ['a script that wants no answer', { method: 'POST', headers: crossSite('no-cors') }],
      ['an image', { path: '/task?worker_id=x', headers: crossSite('no-cors', 'image') }],
      ['a frame', { path: '/', headers: crossSite('navigate', 'iframe') }],
      ['a form', { method: 'POST', headers: crossSite('navigate', 'document') }],
      [
        'a page of another port',
        { headers: { ...crossSite('no-cors'), 'sec-fetch-site': 'same-site' } },
      ],
      ['the origin of another site', { headers: { origin: 'https://evil.example' } }],
      ['the origin of another port', { method: 'POST', headers: { origin: 'http://127.0.0.1:1' } }],
      ['an origin that hides itself', { method: 'POST', headers: { origin: 'null' } }],
      ['no origin at all', { method: 'POST', headers: { origin: '' } }],
      ['an extension', { method: 'POST', headers: { origin: 'chrome-extension://127.0.0.1' } }],
      [
        'a preflight',
        {
          method: 'OPTIONS',
          headers: {
            origin: 'https://evil.example',
            'access-control-request-method': 'POST',
            'access-control-request-private-network': 'true',
          },
        },
      ],
    ];
    for (const [who, sent] of refused) {
      it(`refuses ${who}`, async () => {
        const answer = await ask(sent);
        expect(expectRefused(answer)).to.include('not of this address');
        const names = Object.keys(answer.headers);
        expect(names.filter((name) => name.startsWith('access-control'))).to.be.empty;
      });
    }

    it('opens no stream for a window that another page opened', async () => {
      const headers = crossSite('navigate', 'document');
      const { status } = await ask({ path: '/dashboard/events', headers });
      expect(status).to.equal(403);
    });
  });

  it('lets no page start a round, nor close or overwrite the one that runs', async () => {
    const posts: Sent['headers'][] = [
      { origin: 'https://evil.example', ...crossSite('no-cors') },
      { origin: 'https://evil.example', 'content-type': 'text/plain' },
      { origin: 'null' },
      crossSite('navigate', 'document'),
      { host: `evil.example:${node.port}`, origin: `http://evil.example:${node.port}` },
    ];
    for (const round of [ROUND + 1, ROUND + 8]) {
      for (const headers of posts) {
        expectRefused(await ask({ method: 'POST', path: `/task/${round}`, headers: headers! }));
      }
    }
    expect((await node.ask('/task')).body.round_number).to.equal(ROUND);
    expect((await node.ask(`/task/${ROUND + 8}`)).status).to.equal(404);
  });

  it("takes Orca's posts, which have no body and no type", async () => {
    expect((await ask({ method: 'POST' })).status).to.equal(200);
    const { status } = await ask({ method: 'POST', path: `/task/${ROUND}` });
    expect(status).to.equal(200);
    const typed = await ask({ method: 'POST', path: `/task/${ROUND}`, body: '{}' });
    expect(typed.status).to.equal(415);
  });

  it('logs nothing of those it refuses', async () => {
    const before = node.output().length;
    for (let i = 0; i < 50; i++) {
      expectRefused(await ask({ headers: { host: 'evil.example' } }));
      expectRefused(await ask({ headers: { origin: 'https://evil.example' } }));
    }
    const logged = node.output().slice(before);
    expect(logged).not.to.match(/evil|refuse/);
    // Its mining may log meanwhile.
    expect(logged.split('\n').length).to.be.below(10);
  });
});

describe('addresses', () => {
  it('knows loopback', () => {
    for (const address of [
      '127.0.0.1',
      '127.255.1.2',
      '::1',
      '::ffff:127.0.0.1',
      '::FFFF:127.0.0.2',
    ])
      expect(isLoopback(address), address).to.equal(true);
    for (const address of ['128.0.0.1', '::2', '::ffff:10.0.0.1', 'fe80::1', '127.evil', ''])
      expect(isLoopback(address), address).to.equal(false);
  });
});
