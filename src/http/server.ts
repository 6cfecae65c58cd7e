import { createServer, type Server, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import express, { type Express, type Router } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import type { Log } from '../process/log';
import { SETTINGS, type Config } from '../settings/schema';
import { isLoopback, originOf, ownNamesOnly, ownPagesOnly } from './access';
import { errorAnswers, notFound, parserStatus, rawError } from './errors';
import { lastWords } from './one-request';

// The side port's server: where it listens, and how many connections it takes of whom.

/** A taken port is no reason not to mine: so many ports are tried in turn. */
const PORTS_TRIED = 20;
const MAX_PORT = 65_535;

/** A client that takes longer to send a request is cut off; checked every few seconds. */
const REQUEST_TIMEOUT_MS = 5_000;
/** Node 18 wants it below the other, and its default is above. */
const HEADERS_TIMEOUT_MS = REQUEST_TIMEOUT_MS - 1;
const TIMEOUT_CHECK_MS = 2_000;
const CONNECTIONS: PlaceLimits = { all: 1_000, each: 250, reservedForLoopback: 100 };

/** @types/node 18 doesn't declare requireHostHeader. */
const SERVER_OPTIONS: ServerOptions & { requireHostHeader: boolean } = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  headersTimeout: HEADERS_TIMEOUT_MS,
  connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  // access.ts refuses a request without a host as it does one for another host; Node's own 400 has no body.
  requireHostHeader: false,
};

/**
 * Serves the API on the first free of twenty ports from API_PORT on. Where API_HOST has none, on loopback: on a
 * desktop nothing but the page can undo a setting, and it would be gone with its port.
 * @returns the server; undefined, after a log line, when no port could be had
 */
export async function listen(
  api: Router,
  config: Pick<Config, 'API_HOST' | 'API_PORT' | 'API_ALLOWED_HOSTS'>,
  log: Log,
): Promise<Server | undefined> {
  const { API_HOST: host, API_PORT: port, API_ALLOWED_HOSTS: names } = config;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(ownNamesOnly([host, ...names]), ownPagesOnly, api, notFound, errorAnswers(log));
  const make = serverMaker(app);
  const server = await listenOn(host, port, make, log);
  if (server) return server;
  const [ownHost, ownPort] = [SETTINGS.API_HOST.byDefault, SETTINGS.API_PORT.byDefault];
  log.error(`no API on ${host}: none of ${PORTS_TRIED} ports from ${port} on can be had`);
  if (host === ownHost && port === ownPort) return undefined;
  return listenOn(ownHost, ownPort, make, log);
}

/** Makes servers of an app, whose connections count together. */
function serverMaker(app: Express): () => Server {
  const places = new Places(CONNECTIONS);
  return () => {
    const server = createServer(SERVER_OPTIONS, app);
    // Both would end without an error in the shape of all: what is expected is not looked at, and this is no proxy.
    server.on('checkExpectation', app);
    server.on('connect', (_request, socket) => {
      socket.on('error', () => socket.destroy());
      lastWords(socket as Socket, rawError(400));
    });
    server.on('connection', (socket) => {
      const leave = places.take(socket.remoteAddress);
      if (leave) socket.once('close', leave);
      else socket.destroy();
    });
    return server.on('clientError', refuse);
  };
}

/** @returns a server on the first free of twenty ports */
async function listenOn(
  host: string,
  firstPort: number,
  make: () => Server,
  log: Log,
): Promise<Server | undefined> {
  const behindLast = Math.min(firstPort + PORTS_TRIED, MAX_PORT + 1);
  for (let port = firstPort; port < behindLast; port++) {
    const server = make();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(port, host, resolve);
      });
      log.info(`the API listens on ${originOf(host, port)}`);
      return server;
    } catch (error) {
      log.warn(`port ${port} of ${host} can't be had: ${String(error)}`);
    }
  }
  return undefined;
}

/** Answers what is no HTTP request, which Express never sees. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  socket.end(rawError(parserStatus(error)));
}

/** How many may be there at a time. */
export interface PlaceLimits {
  all: number;
  /** From one address. */
  each: number;
  /** Of all, those that no other machine gets. */
  reservedForLoopback: number;
}

const LOOPBACK = 'loopback';

/**
 * Places by the address at the other end of a connection, a network of IPv6 counting as one (/56, as the
 * rate limits have it). All of loopback is one address, too: it is the owner's, and whoever comes through a
 * tunnel or a proxy on this machine, so it is bounded only by one other address' share.
 */
export class Places {
  private readonly taken = new Map<string, number>();
  private total = 0;

  constructor(private readonly limits: PlaceLimits) {}

  /**
   * Takes a place.
   * @param address undefined where the other end is gone already
   * @returns what gives the place back, to be called once; undefined where there is none to be had
   */
  take(address: string | undefined): (() => void) | undefined {
    if (address === undefined) return undefined;
    const key = isLoopback(address) ? LOOPBACK : ipKeyGenerator(address);
    if (!this.isFreeFor(key)) return undefined;
    this.total++;
    this.taken.set(key, this.takenBy(key) + 1);
    return () => this.giveBack(key);
  }

  private isFreeFor(key: string): boolean {
    const { all, each, reservedForLoopback } = this.limits;
    if (this.total >= all) return false;
    if (key === LOOPBACK) return this.takenBy(key) < all - each;
    const byStrangers = this.total - this.takenBy(LOOPBACK);
    return this.takenBy(key) < each && byStrangers < all - reservedForLoopback;
  }

  private takenBy(key: string): number {
    return this.taken.get(key) ?? 0;
  }

  private giveBack(key: string): void {
    this.total--;
    const left = this.takenBy(key) - 1;
    if (left > 0) this.taken.set(key, left);
    else this.taken.delete(key);
  }
}
