import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { limitAnswers } from '../../src/koii/answer-limit';
import { nodeClient } from '../../sdk-stand-in/namespace-wrapper/node-client';
import { until } from '../fixtures/until';
import { captureErrors } from '../sdk-stand-in/quiet';

const MAX_BYTES = 100_000;
const FULL = 'x'.repeat(MAX_BYTES * 0.9);
const CHUNK = 'x'.repeat(10_000);

describe('limitAnswers', () => {
  let server: Server;
  let port: number;
  let refused: number;
  let lift: () => void;
  /** Bytes that the endless answer got rid of. */
  let sent: number;

  before(async () => {
    server = createServer((incoming, response) => {
      incoming.resume();
      response.on('error', () => undefined);
      if (incoming.url === '/full') return void response.end(FULL);
      if (incoming.url === '/length') {
        return void response.writeHead(200, { 'content-length': MAX_BYTES + 1 }).write('x');
      }
      const more = (): void => {
        while (!response.destroyed) {
          sent += CHUNK.length;
          if (!response.write(CHUNK)) return void response.once('drain', more);
        }
      };
      more();
    });
    server.listen(0, 'localhost');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => {
    [refused, sent] = [0, 0];
    lift = limitAnswers(MAX_BYTES, () => refused++);
  });
  afterEach(() => lift());

  /** Fails as HTTP libraries do: by an error of the answer or the request, whichever comes first. */
  const get = (path: string, agent?: Agent): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const asked = request({ host: 'localhost', port, path, agent }, resolve);
      asked.on('error', reject).end();
    });
  const read = async (path: string, agent?: Agent): Promise<string> => text(await get(path, agent));
  const errorOf = (answer: Promise<string>): Promise<unknown> =>
    answer.then(
      ({ length }) => `an answer of ${length}`,
      (error: unknown) => error,
    );

  it('leaves an answer below the limit as it is', async () => {
    expect(await read('/full')).to.equal(FULL);
    expect(refused).to.equal(0);
  });

  it('refuses an answer whose head tells that it is larger, before it comes', async () => {
    expect(String(await errorOf(read('/length')))).to.include('larger than 100000 bytes');
    expect(refused).to.equal(1);
  });

  it('refuses one that turns out larger, and has no more of it sent', async () => {
    expect(String(await errorOf(read('/endless')))).to.include('larger than 100000 bytes');
    expect(refused).to.equal(1);
    // What the buffers in between hold comes on top.
    expect(sent).to.be.lessThan(100 * MAX_BYTES);
  });

  it('counts bytes, though whoever asked has them as text or is slow', async () => {
    const answer = await get('/endless');
    answer.setEncoding('utf8');
    const [error] = (await once(answer.resume(), 'error')) as [Error];
    expect(error.message).to.include('larger');
  });

  it('loses nothing of an answer that is read late', async () => {
    const answer = await get('/full');
    // No more than this waits to be read.
    await until(() => answer.readableLength >= answer.readableHighWaterMark);
    expect(await text(answer)).to.equal(FULL);
  });

  it('counts each answer on a kept connection anew, and leaves nothing on it', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<Socket>();
    agent.on('free', (socket: Socket) => sockets.add(socket));
    try {
      for (let i = 0; i < 12; i++) expect(await read('/full', agent)).to.equal(FULL);
      expect(sockets).to.have.length(1);
      const [socket] = sockets;
      expect(socket!.bytesRead).to.be.greaterThan(10 * MAX_BYTES);
      expect(socket!.listenerCount('data')).to.be.lessThan(2);
      expect(refused).to.equal(0);
    } finally {
      agent.destroy();
    }
  });

  it('is an error as any other for the SDK', async () => {
    const errors = captureErrors();
    try {
      const call = nodeClient({ port, taskId: 'task', secret: 'secret' });
      expect(String(((await call('getRound')) as { error: unknown }).error)).to.include('larger');
    } finally {
      errors.restore();
    }
  });

  it('limits nothing once it is lifted', async () => {
    lift();
    const answer = await get('/endless');
    let bytes = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > 3 * MAX_BYTES) break;
    }
    expect(refused).to.equal(0);
  });
});
