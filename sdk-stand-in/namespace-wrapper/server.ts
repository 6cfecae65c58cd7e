import type { Server } from 'node:http';
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

/** Serves on loopback only: unlike the official SDK's, this app is never meant for another machine. */
export function listen(app: Express, port: number): Server {
  return app.listen(port, '127.0.0.1');
}
