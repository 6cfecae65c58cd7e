import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';

/** The SDK's `app` as a task finds it: JSON and form bodies parsed, open to every origin, alive under `/`. */
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

/** What a machine without IPv6 says. */
const NO_IPV6 = ['EADDRNOTAVAIL', 'EAFNOSUPPORT'];

/**
 * Serves on loopback only: unlike the official SDK's, this app is never meant for another machine. On both addresses
 * of it, since `localhost` is either, by the machine.
 * @param port 0 is any that is free
 * @param other address beside 127.0.0.1; for tests
 * @returns the server on 127.0.0.1; what closes it closes the other
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
