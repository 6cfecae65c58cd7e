import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Methods } from './methods';
import { readBody } from './read-body';

// A distribution list of 10,000 keys is about 600 KB.
const MAX_BODY_BYTES = 50 * 1024 * 1024;

export interface EndpointOptions {
  readonly taskId: string;
  readonly secret: string;
  readonly methods: Methods;
  /** Called for every call of the task, with the name of the method. */
  readonly onCall?: (method: string) => void;
  /** Called for every call that failed, with the name of the method. */
  readonly onRefusal: (method: string, message: string) => void;
}

/** A node's POST /namespace-wrapper on loopback, as the task's process calls it. */
export interface Endpoint {
  readonly port: number;
  close(): Promise<void>;
}

/** A method throws this to have the call answered with a status other than 422. */
export class StatusError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Starts an endpoint on a free port. */
export async function openEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const server = createServer((request, response) => {
    void handle(request, options).then((answer) => send(response, answer));
  });
  // The SDK calls http://localhost, so binding that name binds the address it will find.
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, 'localhost', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => close(server),
  };
}

async function handle(request: IncomingMessage, options: EndpointOptions): Promise<Answer> {
  if (request.url !== '/namespace-wrapper') return failure(404, 'not found');
  if (request.method !== 'POST') return failure(405, 'expected POST');
  let body: unknown;
  try {
    body = JSON.parse(await readBody(request, MAX_BODY_BYTES));
  } catch (error) {
    return failure(400, (error as Error).message);
  }
  return call(body, options);
}

async function call(body: unknown, options: EndpointOptions): Promise<Answer> {
  const { args, taskId, secret } = (body ?? {}) as Record<string, unknown>;
  if (!Array.isArray(args)) return failure(422, 'No args provided');
  if (typeof taskId !== 'string') return failure(422, 'No taskId provided');
  if (typeof secret !== 'string') return failure(422, 'No secret provided');
  if (taskId !== options.taskId) return failure(422, `Task ${taskId} is not running`);
  if (secret !== options.secret) return failure(401, 'Invalid secret provided');

  const [name, ...rest] = args as unknown[];
  options.onCall?.(String(name));
  try {
    const method =
      typeof name === 'string' && Object.hasOwn(options.methods, name)
        ? options.methods[name]
        : undefined;
    if (method === undefined) throw new Error(`${String(name)} is not simulated`);
    return { status: 200, body: { response: await method(...rest) } };
  } catch (error) {
    const { message } = error as Error;
    options.onRefusal(String(name), message);
    return failure(error instanceof StatusError ? error.status : 422, message);
  }
}

function failure(status: number, message: string): Answer {
  return { status, body: { message } };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
