import { createServer, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import express, { type Express, type Router } from 'express';
import { listenOnFreePort, PORTS_TRIED } from '../process/listen';
import type { Log } from '../process/log';
import { Places, type PlaceLimits } from '../process/places';
import { SETTINGS, type Config } from '../settings/schema';
import { ownNamesOnly, ownPagesOnly } from './access';
import { originOf } from './addresses';
import { errorAnswers, notFound, parserStatus, rawError } from './errors';
import { lastWords } from './one-request';

// The side port's server: where it listens, and how many connections it accepts from whom.

/** A client that takes longer to send a request is cut off. Checked every TIMEOUT_CHECK_MS. */
const REQUEST_TIMEOUT_MS = 5_000;
/** Node 18 requires it to be below requestTimeout, and its default isn't. */
const HEADERS_TIMEOUT_MS = REQUEST_TIMEOUT_MS - 1;
const TIMEOUT_CHECK_MS = 2_000;
const CONNECTIONS: PlaceLimits = { all: 1_000, each: 250, reservedForLoopback: 100 };

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
  const listenOn = async (host: string, port: number): Promise<Server | undefined> => {
    const server = await listenOnFreePort(make, { host, port }, log);
    const address = server?.address() as AddressInfo | undefined;
    if (address) log.info(`the API listens on ${originOf(host, address.port)}`);
    return server;
  };
  const server = await listenOn(host, port);
  if (server) return server;
  const [ownHost, ownPort] = [SETTINGS.API_HOST.byDefault, SETTINGS.API_PORT.byDefault];
  log.error(`no API on ${host}: none of ${PORTS_TRIED} ports from ${port} on can be had`);
  if (host === ownHost && port === ownPort) return undefined;
  return listenOn(ownHost, ownPort);
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

/** Answers what isn't an HTTP request and never reaches Express. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  socket.end(rawError(parserStatus(error)));
}
