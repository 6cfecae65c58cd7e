import { createServer, type Server, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import express, { type Express, type Router } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import type { Log } from '../process/log';
import { SETTINGS, type Config } from '../settings/schema';
import { ownNamesOnly, ownPagesOnly } from './access';
import { isLoopback, originOf } from './addresses';
import { errorAnswers, notFound, parserStatus, rawError } from './errors';
import { lastWords } from './one-request';

// The side port's server: where it listens, and how many connections it accepts from whom.

/** So many ports are tried in turn: a port in use is no reason not to mine. */
const PORTS_TRIED = 20;
const MAX_PORT = 65_535;

/** A client that takes longer to send a request is cut off. Checked every TIMEOUT_CHECK_MS. */
const REQUEST_TIMEOUT_MS = 5_000;
/** Node 18 requires it to be below requestTimeout, and its default isn't. */
const HEADERS_TIMEOUT_MS = REQUEST_TIMEOUT_MS - 1;
const TIMEOUT_CHECK_MS = 2_000;
const CONNECTIONS: PlaceLimits = { all: 1_000, each: 250, reservedForLoopback: 100 };
/**
 * Connections that wait to be accepted. Node's 511 run full under a flood, and whom the kernel drops tries again only
 * after 0.2 to 3 s. Linux takes at most net.core.somaxconn of them, 4,096 since 5.4.
 */
const BACKLOG = 4_096;

/** @types/node 18 doesn't declare requireHostHeader. */
const SERVER_OPTIONS: ServerOptions & { requireHostHeader: boolean } = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  headersTimeout: HEADERS_TIMEOUT_MS,
  connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  // access.ts refuses a request without Host as it does one with another's; Node's own 400 has no body.
  requireHostHeader: false,
};

/**
 * Serves the API on the first free port of twenty, from API_PORT on. If API_HOST has none, it is served on loopback: on
 * a desktop only the page can undo a bad setting, and without a port there would be no page.
 * @returns the server; undefined, after a log line, if no port was free
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

/** Creates servers for an app that share one limit of connections. */
function serverMaker(app: Express): () => Server {
  const places = new Places(CONNECTIONS);
  return () => {
    const server = createServer(SERVER_OPTIONS, app);
    // Node would answer both without an error body. Expect headers are ignored, and this is no proxy.
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

/** @returns a server on the first free port of twenty */
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
        server.once('error', reject).listen(port, host, BACKLOG, resolve);
      });
      log.info(`the API listens on ${originOf(host, port)}`);
      return server;
    } catch (error) {
      log.warn(`port ${port} of ${host} can't be had: ${String(error)}`);
    }
  }
  return undefined;
}

/** Answers what isn't an HTTP request and never reaches Express. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  socket.end(rawError(parserStatus(error)));
}

/** How many places there are. */
export interface PlaceLimits {
  all: number;
  /** For one address. */
  each: number;
  /** How many of them are kept for loopback. */
  reservedForLoopback: number;
}

const LOOPBACK = 'loopback';

/**
 * Limits connections by remote address. An IPv6 network (/56, as in the rate limits) counts as one address, and so does
 * all of loopback. Loopback serves the owner and whoever comes through a tunnel or proxy on this machine, so it may
 * take everything but one other address' share.
 */
export class Places {
  private readonly taken = new Map<string, number>();
  private total = 0;

  constructor(private readonly limits: PlaceLimits) {}

  /**
   * Takes a place.
   * @param address undefined if the client is already gone
   * @returns a function that gives the place back, to be called once; undefined if there is no place
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
