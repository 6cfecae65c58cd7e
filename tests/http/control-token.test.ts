import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type http from 'node:http';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { expect } from 'chai';
import { addressWithToken, ControlToken, openControlToken } from '../../src/http/control-token';
import { lanAddress } from '../../src/http/addresses';
import { LoneTask } from '../fixtures/lone-task';
import { send, type Answered } from '../fixtures/send';
import { StandaloneNode } from '../fixtures/standalone';
import { describeProcesses } from '../runner/describe-processes';

const FORM = /^[0-9a-f]{32}$/;
const hasModes = process.platform !== 'win32';

describeProcesses("the controls' token", function () {
  this.timeout(60_000);

  describe('in its file', () => {
    let folder: string;
    let file: string;
    let warnings: string[];
    beforeEach(() => {
      folder = mkdtempSync(path.join(os.tmpdir(), 'control-token-'));
      file = path.join(folder, 'store.control-token');
      warnings = [];
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    const open = async (at: string | Error = file): Promise<string> => {
      const log = { warn: (_error: unknown, message: string) => void warnings.push(message) };
      const locate = () => (at instanceof Error ? Promise.reject(at) : at);
      return (await openControlToken(locate, log as never)).text;
    };

    it('is made once, for this user alone, and found again', async () => {
      const token = await open();
      expect(token).to.match(FORM);
      expect(readFileSync(file, 'utf8')).to.equal(`${token}\n`);
      if (hasModes) expect(statSync(file).mode & 0o777).to.equal(0o600);
      expect(await open()).to.equal(token);
      expect(warnings).to.deep.equal([]);
    });

    it('is closed to others where it was open', async function () {
      if (!hasModes) return this.skip();
      const token = await open();
      chmodSync(file, 0o644);
      expect(await open()).to.equal(token);
      expect(statSync(file).mode & 0o777).to.equal(0o600);
    });

    const malformed = ['', 'x', 'A'.repeat(32), '0'.repeat(31), '0'.repeat(33), 'x'.repeat(1e5)];
    for (const text of malformed) {
      it(`is made anew where there is ${JSON.stringify(text.slice(0, 34))}`, async () => {
        writeFileSync(file, text);
        const token = await open();
        expect(token).to.match(FORM);
        expect(await open()).to.equal(token);
        if (hasModes) expect(statSync(file).mode & 0o777).to.equal(0o600);
      });
    }

    it('is not read through a link, which leads to who knows whose file', async function () {
      if (!hasModes) return this.skip();
      const known = path.join(folder, 'known');
      writeFileSync(known, '0'.repeat(32));
      symlinkSync(known, file);
      expect(await open()).not.to.equal('0'.repeat(32));
      expect(readFileSync(known, 'utf8')).to.equal('0'.repeat(32));
    });

    it('is the same for all that make it at once', async () => {
      const tokens = await Promise.all(Array.from({ length: 20 }, () => open()));
      expect(new Set(tokens).size).to.equal(1);
    });

    it('is for this process alone, and the log says so, where no file can be had', async () => {
      mkdirSync(file);
      const tokens = [
        await open(),
        await open(path.join(folder, 'no/such')),
        await open(new Error()),
      ];
      for (const token of tokens) expect(token).to.match(FORM);
      expect(new Set(tokens).size).to.equal(3);
      expect(warnings).to.have.length(3);
      expect(warnings[0]).to.include("can't be kept");
    });

    it('needs none where nothing is to be kept', async () => {
      const tokens = [
        await openControlToken(undefined, {} as never),
        await openControlToken(undefined, {} as never),
      ];
      expect(tokens[0]!.text).to.match(FORM).and.not.equal(tokens[1]!.text);
    });
  });

  it('is printed with an address of this machine, where one leads there', () => {
    const token = new ControlToken('7'.repeat(32));
    const address = (host: string) => addressWithToken(host, 8080, token);
    const end = `:8080/?token=${'7'.repeat(32)}`;
    expect(address('127.0.0.1')).to.equal(`http://127.0.0.1${end}`);
    expect(address('0.0.0.0')).to.equal(`http://127.0.0.1${end}`);
    expect(address('::')).to.equal(`http://localhost${end}`);
    expect(address('::1')).to.equal(`http://[::1]${end}`);
    expect(address('localhost')).to.equal(`http://localhost${end}`);
    for (const host of ['192.168.1.5', 'mine.example', 'constructor']) {
      expect(address(host)).to.equal(undefined);
    }
  });

  it("lies beside the SDK's store on a Koii node, which prints it", async () => {
    const task = new LoneTask();
    try {
      await task.start();
      await task.logged('the dashboard, with its controls');
      const [, token] = /controls: http:\/\/127\.0\.0\.1:\d+\/\?token=(\S+)/.exec(task.log)!;
      const file = `${task.storePath}.control-token`;
      expect(readFileSync(file, 'utf8')).to.equal(`${token}\n`);
      if (hasModes) expect(statSync(file).mode & 0o777).to.equal(0o600);
    } finally {
      await task.dispose();
    }
  });

  describe('of a node', () => {
    let node: StandaloneNode;
    let address: string;
    before(async () => {
      node = await StandaloneNode.start({ API_HOST: '0.0.0.0', MINING_INTENSITY: '1' });
      address = printed();
    });
    after(() => node.dispose());

    /** The only address in the log. */
    function printed(): string {
      const lines = node.output().match(/the dashboard, with its controls: (\S+)/g) ?? [];
      expect(lines).to.have.length(1);
      return lines[0]!.split(' ').at(-1)!;
    }

    const name = () => `orca-control-${node.port}`;
    const enter = (search: string) => send(node.port, { path: `/${search}` });
    const pause = (headers: http.OutgoingHttpHeaders, port = node.port): Promise<Answered> =>
      send(port, {
        method: 'POST',
        path: '/dashboard/control',
        body: '{"action":"pause"}',
        headers: { 'content-type': 'application/json', 'x-orca-control': '1', ...headers },
      });

    it('becomes a cookie of this port, and the address is left without it', async () => {
      const { port, search } = new URL(address);
      expect(Number(port)).to.equal(node.port);
      const { status, headers } = await enter(search);
      expect(status).to.equal(303);
      expect(headers).to.include({
        location: '/',
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
      });
      const [cookie] = headers['set-cookie']!;
      expect(cookie).to.match(new RegExp(`^${name()}=[0-9a-f]{32}; Max-Age=34560000; Path=/; `));
      expect(cookie).to.match(/; HttpOnly; SameSite=Strict$/);
      expect((await pause({ cookie: cookie!.split(';')[0] })).status).to.equal(200);
    });

    for (const search of ['?token=', `?token=${'0'.repeat(32)}`, '?token=x&token=y', '?token']) {
      it(`gives no cookie for another: ${search}`, async () => {
        const { status, headers } = await enter(search);
        expect([status, headers.location]).to.deep.equal([303, '/']);
        expect(headers).not.to.have.property('set-cookie');
      });
    }

    it('is not needed to read', async () => {
      const paths = ['/', '/audit', '/metrics', '/dashboard/page.js'];
      for (const path of paths) expect((await send(node.port, { path })).status).to.equal(200);
      expect((await enter('')).text).not.to.include(new URL(address).searchParams.get('token'));
    });

    it('keeps out the world behind a proxy on this machine that does not say that it is one', async () => {
      const proxy = await forward(node.port);
      try {
        const { port } = proxy.address() as AddressInfo;
        // As nginx' proxy_pass and ssh -R do it: the address is loopback, the Host this machine's or unchanged.
        for (const host of [`127.0.0.1:${node.port}`, `127.0.0.1:${port}`, 'localhost']) {
          const { status, text } = await pause({ host }, port);
          expect(status).to.equal(403);
          expect(text).to.include('the address that the task prints');
        }
        const token = new URL(address).searchParams.get('token');
        const own = await pause({ authorization: `Bearer ${token}` }, port);
        expect(own.status).to.equal(200);
      } finally {
        proxy.close();
      }
    });

    it('does not help another machine', async function () {
      const to = lanAddress();
      if (to === undefined) return this.skip(); // no network
      const token = new URL(address).searchParams.get('token');
      const { status } = await send(node.port, {
        method: 'POST',
        path: '/dashboard/control',
        body: '{"action":"pause"}',
        to,
        headers: { host: '127.0.0.1', 'x-orca-control': '1', authorization: `Bearer ${token}` },
      });
      expect(status).to.equal(403);
    });

    it('outlives a restart', async () => {
      const { search } = new URL(address);
      const [cookie] = (await enter(search)).headers['set-cookie']!;
      await node.kill('SIGKILL');
      await node.run();
      expect(printed()).to.equal(address);
      expect((await pause({ cookie: cookie!.split(';')[0] })).status).to.equal(200);
    });
  });
});

/** Forwards connections without knowing HTTP. */
async function forward(port: number): Promise<Server> {
  const proxy = createServer((socket) => {
    const upstream = connect(port, '127.0.0.1').on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
    socket.pipe(upstream).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return proxy;
}
