import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { bomb, PUBLIC_ATTACKS } from '../../../cli/soak/public-attacks';
import { eventually } from '../../fixtures/until';

describe('attacks on the public port', function () {
  let server: Server;
  let requests: Record<'method' | 'url' | 'from', string | undefined>[];
  let stop: AbortController;

  before(function () {
    // They use addresses all over 127.0.0.0/8, which only Linux has.
    if (os.platform() !== 'linux') this.skip();
  });
  beforeEach(async () => {
    requests = [];
    stop = new AbortController();
    server = createServer((request, response) => {
      const { method, url, socket } = request;
      requests.push({ method, url, from: socket.remoteAddress });
      request.resume();
      response.writeHead(404).end('x'.repeat(1000));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    stop.abort();
    server.close();
    server.closeAllConnections();
  });

  /** Runs one attack on the server. @returns how its requests ended, updated as they end */
  function attack(name: RegExp): Map<string, number> {
    const outcomes = new Map<string, number>();
    const found = PUBLIC_ATTACKS.find((each) => name.test(each.name))!;
    const { port } = server.address() as AddressInfo;
    const tell = (outcome: string): void =>
      void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    void found.run({ port, round: 1 }, tell, stop.signal);
    return outcomes;
  }

  const connections = (): Promise<number> =>
    new Promise((resolve) => server.getConnections((_, count) => resolve(count)));

  it('send 50 KB that unpack to 49 MB of JSON', () => {
    const body = bomb();
    expect(body.length).to.be.within(45_000, 60_000);
    const text = gunzipSync(body);
    expect(text.length).to.be.closeTo(49_000_000, 10);
    expect(text.toString('latin1', 0, 7)).to.equal('[[],[],');
    expect(text.subarray(-6).toString('latin1')).to.equal('[],[]]');
  });

  it('send them to every kind of path', async () => {
    const outcomes = attack(/unpack/);
    await eventually(() => (outcomes.get('404') ?? 0) >= 3);
    const routes = requests.map(({ method, url }) => `${method} ${url}`);
    expect(routes).to.include.members(['POST /task/1', 'POST /nope', 'POST /']);
  });

  it('send what can not be parsed', async () => {
    const outcomes = attack(/broken/);
    // Node itself refuses a path with control characters.
    await eventually(() => outcomes.has('400') && outcomes.has('404'));
    expect(requests.map(({ url }) => url)).to.include.members(['/nope', '/task/%E0%A4%A', '/%']);
  });

  it('hold a thousand requests that they never end, and come back when they are cut off', async () => {
    const outcomes = attack(/half-sent/);
    await eventually(async () => (await connections()) >= 1000);
    server.closeAllConnections();
    await eventually(() => [...outcomes.keys()].length > 0);
    await eventually(async () => (await connections()) >= 1000);
  });

  it('ask two thousand times on a connection and read nothing', async () => {
    const outcomes = attack(/pipelines/);
    await eventually(() => requests.length > 100);
    // The first answers fill the connection's buffers; that does not close it.
    expect([...outcomes.keys()]).to.deep.equal([]);
    expect(await connections()).to.be.at.least(1);
  });

  it('ask more than is allowed, from one address', async () => {
    attack(/from one address/);
    await eventually(() => requests.length > 100);
    expect(new Set(requests.map(({ from }) => from)).size).to.equal(1);
  });

  it('ask what the node would have to answer, from many', async () => {
    attack(/questions/);
    await eventually(() => requests.length > 50);
    const routes = requests.map(({ method, url }) => `${method} ${url}`);
    expect(routes).to.include.members(['POST /audit', 'GET /taskState', 'GET /task/1']);
  });
});
