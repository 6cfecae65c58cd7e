import { open } from 'node:fs/promises';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { RpcAddress } from './rpc-url';

/** What a node refuses for the time being (bitcoin/src/rpc/protocol.h). */
export const NOT_NOW = { noPeers: -9, initialDownload: -10, warmingUp: -28 } as const;
export const METHOD_NOT_FOUND = -32601;

/** The node answered with an error of its own. */
export class RpcError extends Error {
  /** @param message the node's words, at most 100 printable characters */
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** The node gave no answer that is one. The message is for people, and has no secret in it. */
export class NoAnswer extends Error {
  /** @param status of HTTP, where that came */
  constructor(
    message: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

/** How a call waits. */
export interface CallOptions {
  signal: AbortSignal;
  /** 30 s by default. */
  timeoutMs?: number | undefined;
}

/** A template of a full mempool takes seconds on small machines. */
const TIMEOUT_MS = 30_000;
const MAX_ANSWER_SIZE = 16 * 2 ** 20;
/** So that calls that hang hold no other one up. Core works on 4 or 16 at a time. */
const MAX_SOCKETS = 16;
const MAX_COOKIE_SIZE = 1024;

/** What people are told of Node's error codes. */
const CONNECTION_FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection lost',
  EPIPE: 'connection lost',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'no answer',
};

/** JSON-RPC with one Bitcoin node. */
export class RpcClient {
  /** host:port */
  readonly name: string;
  private readonly agent: http.Agent;
  private cookie: string | undefined;
  private lastId = 0;

  /** @param cookieFile has user:password where the URL has none; read again when the node refuses what it held */
  constructor(
    private readonly address: RpcAddress,
    private readonly cookieFile?: string,
  ) {
    this.name = address.name;
    const { Agent } = address.isEncrypted ? https : http;
    this.agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  }

  /**
   * Asks once; again only after a new cookie, and where the node closed a kept connection meanwhile.
   * @param method one that may be called twice
   * @returns the result, of any shape: nodes may lie
   * @throws RpcError or NoAnswer, nothing else
   */
  async call(method: string, params: readonly unknown[], options: CallOptions): Promise<unknown> {
    // A string: Core 28 refuses a number.
    const body = JSON.stringify({ jsonrpc: '1.0', id: ++this.lastId, method, params });
    const credentials = await this.credentials();
    try {
      return await this.post(body, credentials, options);
    } catch (error) {
      const isRefused = error instanceof NoAnswer && error.status === 401;
      if (!isRefused || this.address.credentials !== undefined) throw error;
      if (credentials === undefined) throw new NoAnswer('it asks for user and password', 401);
      // Core writes a new cookie at each start.
      this.cookie = undefined;
      const fresh = await this.credentials();
      if (fresh === credentials) throw error;
      return this.post(body, fresh, options);
    }
  }

  private async credentials(): Promise<string | undefined> {
    const { cookieFile } = this;
    if (this.address.credentials !== undefined || cookieFile === undefined) {
      return this.address.credentials;
    }
    this.cookie ??= await readCookie(cookieFile).catch((error: NodeJS.ErrnoException) => {
      throw new NoAnswer(`its cookie file can't be read: ${error.code ?? 'unknown error'}`);
    });
    return this.cookie;
  }

  private async post(
    body: string,
    credentials: string | undefined,
    options: CallOptions,
    isAgain = false,
  ): Promise<unknown> {
    const { isEncrypted, host, port, path } = this.address;
    const headers: http.OutgoingHttpHeaders = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    if (credentials !== undefined) {
      headers.authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
    }
    const { agent } = this;
    const request = (isEncrypted ? https : http).request({
      method: 'POST',
      agent,
      host,
      port,
      path,
      headers,
    });
    try {
      return resultOf(await exchange(request, body, options));
    } catch (error) {
      if (error instanceof RpcError || error instanceof NoAnswer) throw error;
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      const isClosed = code === 'ECONNRESET' || code === 'EPIPE';
      if (isClosed && request.reusedSocket && !isAgain) {
        return this.post(body, credentials, options, true);
      }
      // Only the code: the error itself may hold the request with its authorization.
      throw new NoAnswer(CONNECTION_FAULTS[code] ?? `no connection: ${code}`);
    }
  }
}

/** Characters that can be printed on one line, at most 100. @param words of anybody */
export function printable(words: string): string {
  return words.slice(0, 100).replace(/[^\x20-\x7e]/g, '?');
}

/** Why nothing came of a call, for people to read. */
export function faultOf(error: unknown): string {
  if (error instanceof NoAnswer) return error.message;
  if (!(error instanceof RpcError)) return `internal error: ${String(error)}`;
  switch (error.code) {
    case NOT_NOW.noPeers:
      return 'it has no peers';
    case NOT_NOW.initialDownload:
      return 'it is still downloading the chain';
    case NOT_NOW.warmingUp:
      return 'it is warming up';
    default:
      return `it answers with error ${error.code}: ${error.message}`;
  }
}

async function readCookie(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_COOKIE_SIZE));
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await handle.close();
  }
}

interface HttpAnswer {
  status: number;
  body: string;
}

/** Sends a request and reads the answer. @throws NoAnswer, or errors of node:http */
function exchange(
  request: ClientRequest,
  body: string,
  { signal, timeoutMs = TIMEOUT_MS }: CallOptions,
): Promise<HttpAnswer> {
  return new Promise<HttpAnswer>((resolve, reject) => {
    let isDone = false;
    const end = (): void => {
      isDone = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    const fail = (error: Error): void => {
      // By then another request may have the socket.
      if (isDone) return;
      end();
      reject(error);
      request.destroy();
    };
    const abort = (): void => fail(new NoAnswer('aborted'));
    const timer = setTimeout(
      () => fail(new NoAnswer(`no answer in ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    signal.addEventListener('abort', abort);
    // Stays, since a request may fail after its end as well.
    request.on('error', fail);
    request.on('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_SIZE) fail(new NoAnswer('its answer is above 16 MiB'));
        else chunks.push(chunk);
      });
      response.on('end', () => {
        end();
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
      });
    });
    if (signal.aborted) abort();
    else request.end(body);
  });
}

/** The result in an answer; Core's errors come as HTTP 500 or 404 with a body, bcoin's as 200. */
function resultOf({ status, body }: HttpAnswer): unknown {
  if (status === 401) throw new NoAnswer('wrong user or password', status);
  const answer = parsed(body);
  if (isObject(answer)) {
    const { error, result } = answer;
    if (isObject(error)) {
      const { code, message } = error;
      throw new RpcError(
        typeof code === 'number' ? code : 0,
        printable(typeof message === 'string' ? message : ''),
      );
    }
    if (status === 200 && 'result' in answer) return result;
  }
  if (status === 403) throw new NoAnswer('it lets nobody here ask that (HTTP 403)', status);
  if (status === 503) throw new NoAnswer('it has too much to do (HTTP 503)', status);
  throw new NoAnswer(
    status === 200 ? "what answers isn't a Bitcoin node" : `HTTP ${status}`,
    status,
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
