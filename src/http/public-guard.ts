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

/** So many connections at most; the node's own calls, the store and the side port need descriptors, too. */
const MAX_CONNECTIONS = 100;
/** So long a request's head may take, and then its answer. */
const REQUEST_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 10_000;

const WINDOW_MS = 60_000;
const DEFAULT_REQUESTS_PER_MINUTE = 1200;
/** Health may be asked for so many times as often as anything else. */
const HEALTH_FACTOR = 10;
/** A refusal that waits costs its sender a connection meanwhile, and this node next to nothing. */
const REFUSAL_MS = 1_000;

/** The paths that reach the app: no other, such as the SDK's /taskState, which asks the node for its whole state. */
const SERVED = /^\/(?:(?:task|submission|audit|healthz)(?:[/?]|$)|\?|$)/;
const HEALTH = /^(?:GET|HEAD) \/healthz[ /?]/;
const MAX_HEALTH_BYTES = 'HEAD /healthz '.length;

const NO_SUCH_PATH = new ApiError(404, 'no such path');

type Handle = (
  request: IncomingMessage,
  response: ServerResponse,
  otherwise: (error?: unknown) => void,
) => void;

/** What the guard is told once there is somebody to tell. */
export interface GuardOptions {
  /** From one address; 0 is no limit. */
  requestsPerMinute: number;
  onRefused: (reason: Refusal) => void;
  /** Told of what a handler threw that is this node's own fault. */
  onFault: (error: unknown) => void;
}

/**
 * Stands before the SDK's server, which the node's tunnel opens to the internet, and its parsers, which
 * unpack 50 MB before any route is asked. A connection carries one request: GET or HEAD, no body, of the
 * public paths. Everything else is answered without a byte behind its head being read.
 */
export class PublicGuard {
  /** Open connections; the one that has done nothing for longest comes first. */
  private readonly connections = new Set<Socket>();
  private readonly requests = new MemoryStore();
  private readonly parse: (this: Server, connection: Duplex) => void;
  private options: GuardOptions = {
    requestsPerMinute: DEFAULT_REQUESTS_PER_MINUTE,
    onRefused: () => undefined,
    onFault: () => undefined,
  };

  /**
   * Takes the server over, before its first connection: right after the SDK was loaded.
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
    // Answered here in the one shape of errors: by itself Node would answer without a word, or not at all.
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
    // A body that waits for a word is announced by an event of its own.
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
    // While it is read: behind its head a connection is paused, and ends when it was answered.
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
        // Before it becomes a request, which costs as much as an answer does.
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
    // The connection's own address: a header that names another can be made up.
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
    // Whatever the app does not answer, or throws on any path, ends here: its own handler logs what was sent.
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

/** Why a request gets no further; undefined when it may. */
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
