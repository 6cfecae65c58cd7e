import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import os from 'node:os';
import { expect } from 'chai';
import { RIG_ADDRESS } from '../../../cli/soak/addresses';
import { lanAddress } from '../../../src/http/addresses';
import { SIDE_ATTACKS } from '../../../cli/soak/side-attacks';
import { eventually } from '../../fixtures/until';

interface Seen {
  asked: string;
  from: string | undefined;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

describe('attacks on the side port', function () {
  let server: Server;
  let seen: Seen[];
  let sockets: Set<Socket>;
  let stop: AbortController;

  before(function () {
    // They use addresses all over 127.0.0.0/8, which only Linux has.
    if (os.platform() !== 'linux') this.skip();
  });
  beforeEach(async () => {
    [seen, sockets, stop] = [[], new Set(), new AbortController()];
    server = createServer((request, response) => {
      const { method, url, headers, socket } = request;
      let body = '';
      request
        .setEncoding('utf8')
        .on('data', (text: string) => (body += text))
        .on('end', () => {
          seen.push({ asked: `${method} ${url}`, from: socket.remoteAddress, headers, body });
          response.writeHead(404).end();
        });
    });
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  });
  afterEach(() => {
    stop.abort();
    server.close();
    server.closeAllConnections();
  });

  /** @returns what the node saw of it, once that is this many requests */
  function attack(name: RegExp, requests: number): Promise<Seen[]> {
    const { port } = server.address() as AddressInfo;
    const found = SIDE_ATTACKS.find((each) => name.test(each.name))!;
    void found.run({ port, round: 7 }, () => undefined, stop.signal);
    return eventually(() => (seen.length >= requests ? seen : undefined));
  }

  it('are a page’s that starts, submits, pauses and listens, in the owner’s browser', async () => {
    const requests = await attack(/pages that start/, 8);
    expect(requests.map(({ asked }) => asked)).to.include.members([
      'POST /task/8',
      'POST /submission/7',
      'POST /dashboard/control',
      'GET /dashboard/events',
    ]);
    for (const { from, headers } of requests) {
      expect(from).to.equal('127.0.0.1');
      expect(headers).to.include({ origin: 'http://page.example', 'sec-fetch-site': 'cross-site' });
    }
  });

  it('are those of a name that was made to point here', async () => {
    const requests = await attack(/made to point here/, 12);
    expect(requests.map(({ asked }) => asked)).to.include.members(['GET /audit', 'POST /task/8']);
    for (const { headers } of requests) expect(headers.host).to.equal('page.example');
  });

  it('are an order to pause without the token', async () => {
    const [order] = await attack(/proxy/, 1);
    expect(order).to.include({ asked: 'POST /dashboard/control', body: '{"action":"pause"}' });
    expect(order!.headers).to.include({ 'x-orca-control': '1' });
  });

  it('are workers without end', async () => {
    const requests = await attack(/want a place/, 30);
    expect(new Set(requests.map(({ asked }) => asked)).size).to.be.at.least(30);
    expect(requests[0]!.asked).to.equal('GET /task/7?worker_id=idler-0');
  });

  it('are malformed shares from the address of a rig', async () => {
    for (const { asked, from } of await attack(/malformed/, 8)) {
      expect([asked, from]).to.deep.equal(['POST /submission/7', RIG_ADDRESS]);
    }
  });

  it('are forged shares, well-formed but for markup in some ids', async () => {
    const shares = (await attack(/forged/, 20)).map(
      ({ body }) => JSON.parse(body) as { hash: string; submission_id: string },
    );
    for (const { hash } of shares) expect(hash).to.match(/^0{16}[0-9a-f]{48}$/);
    expect(shares.some(({ submission_id }) => submission_id.startsWith('<'))).to.equal(true);
  });

  it('are streams and idle connections, from an address that is not loopback', async function () {
    const address = lanAddress();
    if (address === undefined) this.skip();
    const [stream] = await attack(/streams/, 1);
    expect(stream).to.include({ asked: 'GET /dashboard/events', from: address });
    await attack(/idle/, 0);
    await eventually(() => sockets.size >= 1000);
    for (const { remoteAddress } of sockets) {
      if (remoteAddress !== undefined) expect(remoteAddress).to.equal(address);
    }
  });
});
