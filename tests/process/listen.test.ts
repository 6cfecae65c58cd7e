import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { expect } from 'chai';
import { listenOnFreePort, PORTS_TRIED } from '../../src/process/listen';
import { createLog, type Log } from '../../src/process/log';

const host = '127.0.0.1';

describe('listening on a free port', () => {
  let open: Server[];
  let warned: string[];
  let log: Log;
  beforeEach(() => {
    open = [];
    warned = [];
    log = createLog('warn', (line) => void warned.push(line));
  });
  afterEach(async () => {
    const listening = open.filter((server) => server.listening);
    await Promise.all(listening.map((server) => once(server.close(), 'close')));
  });

  const make = (): Server => {
    const server = createServer();
    open.push(server);
    return server;
  };
  const portOf = (server: Server | undefined): number => (server!.address() as AddressInfo).port;
  const listen = (port: number): Promise<Server | undefined> =>
    listenOnFreePort(make, { host, port }, log);

  it('takes the first where it is free', async () => {
    const free = portOf(await listen(0));
    await once(open[0]!.close(), 'close');
    expect(portOf(await listen(free))).to.equal(free);
    expect(warned).to.deep.equal([]);
  });

  it('takes the next free one, on a server made anew, and says why', async () => {
    const first = portOf(await listen(0));
    const server = await listen(first);
    expect(portOf(server)).to.be.within(first + 1, first + PORTS_TRIED - 1);
    expect(server).to.equal(open.at(-1));
    expect(new Set(open)).to.have.property('size', warned.length + 2);
    expect(warned[0]).to.match(new RegExp(`port ${first} of ${host} can't be had: .*EADDRINUSE`));
  });

  it('leaves no listener for errors: whoever has the server hears of later ones', async () => {
    const server = (await listen(0))!;
    expect(server.listenerCount('error')).to.equal(0);
  });

  it('gives up after twenty, each of which is logged', async () => {
    const taken: number[] = [];
    const inUse = (): Server => {
      const server = make();
      server.listen = ((port: number) => {
        taken.push(port);
        queueMicrotask(() => server.emit('error', new Error('in use')));
        return server;
      }) as Server['listen'];
      return server;
    };
    expect(await listenOnFreePort(inUse, { host, port: 3333 }, log)).to.equal(undefined);
    expect(taken).to.deep.equal(Array.from({ length: 20 }, (_, i) => 3333 + i));
    expect(warned).to.have.length(20);
    taken.length = 0;
    expect(await listenOnFreePort(inUse, { host, port: 65_530 }, log)).to.equal(undefined);
    expect(taken.at(-1)).to.equal(65_535);
    expect(taken).to.have.length(6);
  });

  it('gives up where the host is none of this machine', async () => {
    const server = await listenOnFreePort(make, { host: '192.0.2.1', port: 65_535 }, log);
    expect(server).to.equal(undefined);
    expect(warned).to.have.length(1);
    expect(warned[0]).to.include('EADDRNOTAVAIL');
  });
});
