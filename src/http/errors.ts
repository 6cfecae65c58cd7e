import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { z } from 'zod';
import { sparingly, type Log } from '../process/log';
import { expectation, pathOf, quoted } from './wording';

// Errors, all in one shape: what they are, what other thrown errors become, and how they are answered.

/** The values of `error`, by status. */
const CODES = {
  400: 'bad_request',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  409: 'conflict',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
  431: 'headers_too_large',
  500: 'internal',
  503: 'unavailable',
} as const;
export type ErrorStatus = keyof typeof CODES;

export interface Issue {
  /** Path of the field, with dots; empty if the body as a whole is wrong. */
  path: string;
  message: string;
}

/** The body of every error answer. */
export interface ErrorBody {
  error: (typeof CODES)[ErrorStatus];
  message: string;
  issues?: Issue[];
}

function errorBody(status: ErrorStatus, message: string, issues?: Issue[]): ErrorBody {
  return { error: CODES[status], message, ...(issues && { issues }) };
}

/** Thrown to end a request with an error answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: ErrorStatus,
    message: string,
    readonly issues?: Issue[],
  ) {
    // A flood is answered with thousands of these, and nobody reads where they were thrown.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** At most so many issues are listed. */
const MAX_ISSUES = 50;

/**
 * Checks a value that a client sent.
 * @param name of the value, for a schema without fields
 * @throws ApiError 400 that lists up to 50 wrong fields, with what was expected and what came.
 */
export function parse<T>(schema: z.ZodType<T>, value: unknown, name = ''): T {
  const result = schema.safeParse(value, { error: expectation, reportInput: true });
  if (result.success) return result.data;
  const issues = result.error.issues
    .flatMap((issue) => issuesOf(issue, name ? [name] : []))
    .slice(0, MAX_ISSUES);
  const [{ path, message }] = issues as [Issue];
  throw new ApiError(400, `${path || 'body'}: ${message}`, issues);
}

function issuesOf(issue: z.core.$ZodIssue, of: readonly PropertyKey[]): Issue[] {
  const at = [...of, ...issue.path];
  const { message, input } = issue;
  const told = (names: readonly PropertyKey[], got: unknown): Issue => ({
    path: pathOf(names),
    message: `${message}, got ${quoted(got)}`,
  });
  if (issue.code !== 'unrecognized_keys') return [told(at, input)];
  return issue.keys.map((key) => told([...at, key], (input as Record<string, unknown>)[key]));
}

/** Errors of Express and its body parser by type. Their own messages quote what was sent, however long. */
const FOREIGN: Readonly<Record<string, readonly [ErrorStatus, string]>> = {
  'entity.parse.failed': [400, 'the body is not JSON'],
  'charset.unsupported': [415, 'expected a body in UTF-8'],
  'encoding.unsupported': [415, 'expected a body as it is, or by gzip or deflate'],
};

/** The answer to a thrown error. Errors of Express have a status; one not in CODES becomes 400. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const { status, type } = (error ?? {}) as Record<string, unknown>;
  if (typeof status !== 'number' || status < 400 || status > 499) {
    return new ApiError(500, 'this request failed');
  }
  const known = FOREIGN[String(type)];
  if (known) return new ApiError(...known);
  if (error instanceof URIError) {
    return new ApiError(400, 'expected a path in percent-encoded UTF-8');
  }
  return new ApiError(status in CODES ? (status as ErrorStatus) : 400, "the body can't be read");
}

export function sendError(response: ServerResponse, error: ApiError): void {
  const { status, message, issues } = error;
  const body = JSON.stringify(errorBody(status, message, issues));
  // The rest of a body that is too large isn't worth waiting for.
  if (status === 413) response.setHeader('Connection', 'close');
  response
    .writeHead(status, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
    })
    .end(body);
}

/** An error answer as it goes over the wire, for bytes that never become a request. */
export function rawError(status: ErrorStatus): string {
  const body = JSON.stringify(errorBody(status, `${STATUS_CODES[status]}`));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

/** The status for an error of Node's HTTP parser. */
export function parserStatus({ code }: NodeJS.ErrnoException): ErrorStatus {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
}

export const notFound: RequestHandler = (_request, response) =>
  sendError(response, new ApiError(404, 'no such path'));

/** Answers errors thrown by handlers and by Express. Only this node's own faults are logged. */
export function errorAnswers(log: Log): ErrorRequestHandler {
  const onFault = faultLog(log);
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error);
    answerError(response, error, onFault);
  };
}

/** Answers a thrown error. @param onFault is told of this node's own faults */
export function answerError(
  response: ServerResponse,
  error: unknown,
  onFault: (error: unknown) => void,
): void {
  const answer = toApiError(error);
  if (answer.status === 500) onFault(error);
  sendError(response, answer);
}

/**
 * Logs faults, at most once a minute. An error's message may quote what a client sent, so only its name, its code and
 * its stack frames are logged.
 */
export function faultLog(log: Log): (error: unknown) => void {
  return sparingly((times, error: unknown) => {
    const {
      name,
      code,
      message = '',
      stack = '',
    } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
    const behindMessage = stack.slice(stack.indexOf(message) + message.length);
    const places = behindMessage.split('\n').filter((line) => line.startsWith('    at '));
    const what = code ?? name ?? typeof error;
    log.error([`${times} requests failed, the last by ${what}`, ...places].join('\n'));
  });
}
