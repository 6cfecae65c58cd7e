import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Express } from 'express';
import { ipKeyGenerator, MemoryStore, type Options } from 'express-rate-limit';
import type { Refusal } from '../metrics/metrics';
import {
  answerError,
  ApiError,
  sendError,
  type ErrorStatus,
  parserStatus,
  rawError,
} from './errors';
import { lastWords, OneRequest, readHead } from './one-request';

/** The node's own calls, the store and the side port need file descriptors, too. */
const MAX_CONNECTIONS = 100;
/** How long a request's head may take, and then its answer. */
const REQUEST_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 10_000;

const WINDOW_MS = 60_000;
const DEFAULT_REQUESTS_PER_MINUTE = 1200;
/** /healthz may be asked so many times as often as everything else. */
const HEALTH_FACTOR = 10;
/** Delays a 429: that occupies a connection of its sender and costs this node next to nothing. */
const REFUSAL_MS = 1_000;

/** The paths that reach the app. Not, for one, the SDK's /taskState, which asks the node for its whole state. */
const SERVED = /^\/(?:(?:task|submission|audit|healthz)(?:[/?]|$)|\?|$)/;
const HEALTH = /^(?:GET|HEAD) \/healthz[ /?]/;
const MAX_HEALTH_BYTES = 'HEAD /healthz '.length;

const NO_SUCH_PATH = new ApiError(404, 'no such path');

type Handle = (
  request: IncomingMessage,
  response: ServerResponse,
  otherwise: (error?: unknown) => void,
) => void;

/** What the guard is told once the task is set up. */
export interface GuardOptions {
  /** Per address; 0 is no limit. */
  requestsPerMinute: number;
  onRefused: (reason: Refusal) => void;
  /** Is given errors of handlers that are this node's own fault. */
  onFault: (error: unknown) => void;
}

/**
 * Stands in front of the SDK's server, which the node's tunnel opens to the internet and whose parsers unpack 50 MB
 * before any route is reached. Each connection carries one request: GET or HEAD of a public path, without a body.
 * Everything else is answered without reading a byte past its head.
 */
export class PublicGuard {
  /** Open connections, the one idle for longest first. */
  private readonly connections = new Set<Socket>();
  private readonly requests = new MemoryStore();
  private readonly parse: (this: Server, connection: Duplex) => void;
  private options: GuardOptions = {
    requestsPerMinute: DEFAULT_REQUESTS_PER_MINUTE,
    onRefused: () => undefined,
    onFault: () => undefined,
  };

  /**
   * Takes over the server before its first connection, right after the SDK was loaded.
   * @param server whose requests `app` answers
   */
  constructor(
    private readonly server: Server,
    private readonly app: Express,
  ) {
    this.requests.init({ windowMs: WINDOW_MS } as Options);
    app.disable('x-powered-by');
    this.parse = server.listeners('connection')[0] as typeof this.parse;
    for (const event of ['connection', 'request'] as const) server.removeAllListeners(event);
    server.on('connection', (socket) => this.connected(socket));
    // Node itself would answer these without a body, or not at all.
    Object.assign(server, { requireHostHeader: false });
    server.on('clientError', (error, connection) => {
      this.options.onRefused('malformed');
      connection.end(rawError(parserStatus(error)));
    });
    server.on('connect', (_request, connection) => {
      this.options.onRefused('method');
      connection.on('error', () => connection.destroy()).end(rawError(400));
    });
    const answer = (request: IncomingMessage, response: ServerResponse): void =>
      this.answer(request, response);
    // Requests with an Expect header come as events of their own.
    for (const event of ['request', 'checkContinue', 'checkExpectation'] as const) {
      server.on(event, answer);
    }
  }

  configure(options: GuardOptions): void {
    this.options = options;
  }

  private connected(socket: Socket): void {
    const [oldest] = this.connections;
    if (oldest && this.connections.size >= MAX_CONNECTIONS) {
      this.options.onRefused('crowded');
      this.connections.delete(oldest);
      oldest.destroy();
    }
    this.connections.add(socket);
    let deadline = setTimeout(() => this.refuse(socket, 408, 'slow'), REQUEST_TIMEOUT_MS);
    // For as long as the head is read: after that the connection is paused, and ends once answered.
    for (const event of ['error', 'end'] as const) socket.on(event, () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(deadline);
      this.connections.delete(socket);
    });
    const onHead = async (head: Buffer): Promise<void> => {
      clearTimeout(deadline);
      this.connections.delete(socket);
      this.connections.add(socket);
      const isTooMany = await this.isTooMany(socket, head);
      if (socket.destroyed) return;
      if (isTooMany) {
        // Refused before it is parsed: parsing would cost as much as answering.
        deadline = setTimeout(() => this.refuse(socket, 429, 'rate'), REFUSAL_MS);
      } else {
        deadline = setTimeout(() => socket.destroy(), ANSWER_TIMEOUT_MS);
        this.parse.call(this.server, new OneRequest(socket, head));
      }
    };
    readHead(
      socket,
      (head) => void onHead(head),
      () => this.refuse(socket, 431, 'malformed'),
    );
  }

  private async isTooMany({ remoteAddress }: Socket, head: Buffer): Promise<boolean> {
    const { requestsPerMinute } = this.options;
    if (requestsPerMinute === 0) return false;
    const isHealth = HEALTH.test(head.toString('latin1', 0, MAX_HEALTH_BYTES));
    // The address of the connection: headers that name another can be forged.
    const address = ipKeyGenerator(remoteAddress ?? '0.0.0.0');
    const { totalHits } = await this.requests.increment(`${isHealth} ${address}`);
    return totalHits > requestsPerMinute * (isHealth ? HEALTH_FACTOR : 1);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { app, options } = this;
    response.setHeader('Connection', 'close');
    const refusal = refusalOf(request);
    if (refusal) {
      options.onRefused(refusal.reason);
      if (refusal.reason === 'method') response.setHeader('Allow', 'GET, HEAD');
      return sendError(response, refusal.error);
    }
    // All that the app doesn't answer, or throws, ends here: Express' own handler would log what was sent.
    const otherwise = (error: unknown = NO_SUCH_PATH): void => this.failed(response, error);
    (app as unknown as Handle)(request, response, otherwise);
  }

  private failed(response: ServerResponse, error: unknown): void {
    if (response.headersSent) response.destroy();
    else answerError(response, error, this.options.onFault);
  }

  /** Ends a connection that never became a request. */
  private refuse(socket: Socket, status: ErrorStatus, reason: Refusal): void {
    this.options.onRefused(reason);
    lastWords(socket, rawError(status));
  }
}

/** Why a request is refused; undefined if it isn't. */
function refusalOf({ method, url = '', headers }: IncomingMessage) {
  if (method !== 'GET' && method !== 'HEAD') {
    const message = 'expected GET or HEAD: this port is for reading, the side port takes the rest';
    return { reason: 'method', error: new ApiError(405, message) } as const;
  }
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (hasBody) {
    return { reason: 'body', error: new ApiError(413, 'expected no body') } as const;
  }
  return SERVED.test(url) ? undefined : ({ reason: 'path', error: NO_SUCH_PATH } as const);
}
