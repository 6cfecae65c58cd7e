import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readBody } from '../read-body';
import { createRpcMethods, RpcError, type MethodOptions, type RpcMethod } from './methods';

/** How a Bitcoin node can be away. */
export const OUTAGES = ['refused', '503', 'warming up', 'silence'] as const;
export type OutageKind = (typeof OUTAGES)[number];

export interface RpcOptions extends MethodOptions {
  /** Of loopback. */
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

const HOST = '127.0.0.1';
const MAX_BODY_BYTES = 32 * 1024 * 1024;
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;
const PARSE_ERROR = -32700;
const MISC_ERROR = -1;
const IN_WARMUP = -28;

const JSON_TYPE = { 'content-type': 'application/json' };
const TEXT_TYPE = { 'content-type': 'text/plain' };

interface Request {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
  /** Whether it is of JSON-RPC 2.0, where errors come with HTTP 200. */
  readonly isSecondVersion: boolean;
}

interface Outage {
  readonly kind: OutageKind;
  readonly over: Promise<unknown>;
}

/** One Bitcoin node's RPC on loopback: HTTP and JSON-RPC as Core speaks them, over a chain that nodes share. */
export class BitcoinRpc {
  readonly #methods: Readonly<Record<string, RpcMethod>>;
  readonly #authorization: Buffer;
  #server: Server;
  #outage: Outage | undefined;
  #isClosed = false;

  private constructor(private readonly options: RpcOptions) {
    this.#methods = createRpcMethods(options);
    const credentials = `${options.user}:${options.password}`;
    this.#authorization = Buffer.from(`Basic ${Buffer.from(credentials).toString('base64')}`);
    this.#server = this.#newServer();
  }

  /** @throws Error if the port can't be had */
  static async open(options: RpcOptions): Promise<BitcoinRpc> {
    const rpc = new BitcoinRpc(options);
    await rpc.#listen();
    return rpc;
  }

  /** With user and password. */
  get url(): string {
    const { user, password, port } = this.options;
    return `http://${user}:${password}@${HOST}:${port}`;
  }

  /** Is away until `over` settles. One at a time. */
  async beAway(kind: OutageKind, over: Promise<unknown>): Promise<void> {
    const settled = over.catch(() => undefined);
    this.#outage = { kind, over: settled };
    if (kind === 'refused') await stop(this.#server);
    await settled;
    this.#outage = undefined;
    if (kind === 'refused' && !this.#isClosed) {
      this.#server = this.#newServer();
      await this.#listen();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await stop(this.#server);
  }

  #newServer(): Server {
    return createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(this.options.port, HOST, resolve);
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const body = await readBody(request, MAX_BODY_BYTES);
    if (this.#outage?.kind === 'silence') await this.#outage.over;
    if (this.#outage?.kind === '503') {
      response.writeHead(503, TEXT_TYPE).end('Work queue depth exceeded');
      return;
    }
    if (request.method !== 'POST') {
      response.writeHead(405, TEXT_TYPE).end('JSONRPC server handles only POST requests');
      return;
    }
    if (!this.#isAuthorized(request)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="jsonrpc"' }).end();
      return;
    }
    const { status, answer } = await this.#answer(body, gone.signal);
    if (!gone.signal.aborted) {
      response.writeHead(status, JSON_TYPE).end(`${JSON.stringify(answer)}\n`);
    }
  }

  #isAuthorized({ headers }: IncomingMessage): boolean {
    const given = Buffer.from(headers.authorization ?? '');
    return (
      given.length === this.#authorization.length && timingSafeEqual(given, this.#authorization)
    );
  }

  async #answer(body: string, signal: AbortSignal): Promise<{ status: number; answer: object }> {
    let request: Partial<Request> = {};
    try {
      request = parseRequest(body);
      const { method, params } = request as Request;
      if (this.#outage?.kind === 'warming up') {
        throw new RpcError(IN_WARMUP, 'Loading block index…');
      }
      const call = Object.hasOwn(this.#methods, method) ? this.#methods[method] : undefined;
      if (!call) throw new RpcError(METHOD_NOT_FOUND, 'Method not found');
      const result = (await call(params, signal)) ?? null;
      const { id, isSecondVersion } = request as Request;
      return {
        status: 200,
        answer: isSecondVersion ? { jsonrpc: '2.0', result, id } : { result, error: null, id },
      };
    } catch (error) {
      const { message } = error as Error;
      const code = error instanceof RpcError ? error.code : MISC_ERROR;
      const { id = null, isSecondVersion = false } = request;
      return isSecondVersion
        ? { status: 200, answer: { jsonrpc: '2.0', error: { code, message }, id } }
        : { status: statusOf(code), answer: { result: null, error: { code, message }, id } };
    }
  }
}

function parseRequest(body: string): Request {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw Object.assign(new RpcError(PARSE_ERROR, 'Parse error'), { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RpcError(INVALID_REQUEST, 'Invalid Request object');
  }
  const { jsonrpc, id = null, method, params = [] } = value as Record<string, unknown>;
  if (jsonrpc !== undefined && typeof jsonrpc !== 'string') {
    throw new RpcError(INVALID_REQUEST, 'jsonrpc field must be a string');
  }
  if (typeof method !== 'string') throw new RpcError(INVALID_REQUEST, 'Method must be a string');
  if (!Array.isArray(params)) throw new RpcError(INVALID_REQUEST, 'Params must be an array');
  return { id, method, params, isSecondVersion: jsonrpc === '2.0' };
}

function statusOf(code: number): number {
  if (code === INVALID_REQUEST) return 400;
  return code === METHOD_NOT_FOUND ? 404 : 500;
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
