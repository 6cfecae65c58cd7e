import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';

/** The SDK's `app` as a task finds it: parses JSON and form bodies, allows every origin, says it is alive at `/`. */
export function createApp(): Express {
  const app = express();
  app.use(express.urlencoded({ limit: '50mb', extended: false }));
  app.use(express.json({ limit: '50mb' }));
  app.use((request, response, next) => {
    response.set({
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE',
      'Access-Control-Allow-Headers': 'Content-Type',
      'Access-Control-Allow-Credentials': 'false',
    });
    if (request.method === 'OPTIONS') response.sendStatus(204);
    else next();
  });
  app.get('/', (_request, response) => {
    response.json({ status: 200, message: 'Running' });
  });
  return app;
}

/** The errors of a machine without IPv6. */
const NO_IPV6 = ['EADDRNOTAVAIL', 'EAFNOSUPPORT'];

/**
 * Serves on loopback only: unlike the official SDK's, this app is never meant for other machines. On both
 * addresses, since `localhost` may be either, depending on the machine.
 * @param port 0 for any free one
 * @param other address beside 127.0.0.1; for tests
 * @returns the server on 127.0.0.1; closing it closes the other
 */
export function listen(app: Express, port: number, other = '::1'): Server {
  const server = app.listen(port, '127.0.0.1', () => {
    const second = createServer(app);
    server.once('close', () => {
      second.close();
      second.closeAllConnections();
    });
    second.once('error', ({ code = '', message }: NodeJS.ErrnoException) => {
      if (!NO_IPV6.includes(code)) console.error('Koii SDK stand-in:', message);
    });
    second.listen((server.address() as AddressInfo).port, other);
  });
  return server;
}
