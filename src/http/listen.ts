import { createServer, type Server } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler, type Router } from 'express';
import helmet from 'helmet';
import type { Config } from '../config';
import type { Log } from '../log';

/** A taken port is no reason not to mine: so many ports are tried in turn. */
const PORTS_TRIED = 20;
const MAX_PORT = 65_535;

const notFound: RequestHandler = (_request, response) => {
  response.status(404).json({ error: 'not_found', message: 'no such path' });
};

/** Answers in the shape of all errors, without a stack trace. */
const failed =
  (log: Log): ErrorRequestHandler =>
  (error, _request, response, next) => {
    if (response.headersSent) return next(error);
    log.error({ error: error as unknown }, 'a request failed');
    response.status(500).json({ error: 'internal', message: 'this request failed' });
  };

/**
 * Serves the API on the first free of twenty ports from API_PORT on.
 * @returns the server; undefined, after a log line, when no port could be had
 */
export async function listen(
  api: Router,
  { API_HOST: host, API_PORT: firstPort }: Pick<Config, 'API_HOST' | 'API_PORT'>,
  log: Log,
): Promise<Server | undefined> {
  const app = express();
  app.disable('x-powered-by');
  app.use(helmet(), api, notFound, failed(log));
  for (let port = firstPort; port < firstPort + PORTS_TRIED && port <= MAX_PORT; port++) {
    const server = createServer(app);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(port, host, resolve);
      });
      log.info(`the API listens on http://${host}:${port}`);
      return server;
    } catch (error) {
      log.warn(`port ${port} of ${host} can't be had: ${String(error)}`);
    }
  }
  log.error(`no API: none of ${PORTS_TRIED} ports from ${firstPort} on can be had`);
  return undefined;
}
