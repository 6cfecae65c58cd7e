import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { z } from 'zod';
import type { Log } from '../log';

/** What `error` can say, by status. */
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
  /** The field, with dots; empty where the whole is wrong. */
  path: string;
  message: string;
}

/** The one shape of all errors. */
export interface ErrorBody {
  error: (typeof CODES)[ErrorStatus];
  message: string;
  issues?: Issue[];
}

export function errorBody(status: ErrorStatus, message: string, issues?: Issue[]): ErrorBody {
  return { error: CODES[status], message, ...(issues && { issues }) };
}

/** Ends a request with an error answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: ErrorStatus,
    message: string,
    readonly issues?: Issue[],
  ) {
    super(message);
  }
}

/**
 * Checks what a client sent.
 * @param name what the value is where the schema says no more
 * @throws ApiError 400 that names each field that is wrong.
 */
export function parse<T>(schema: z.ZodType<T>, value: unknown, name = ''): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({
    path: [...(name ? [name] : []), ...path].join('.'),
    message,
  }));
  const [first] = issues;
  const message = first!.path ? `${first!.path}: ${first!.message}` : first!.message;
  throw new ApiError(400, message, issues);
}

export const notFound: RequestHandler = (_request, response) => {
  response.set('Cache-Control', 'no-store').status(404).json(errorBody(404, 'no such path'));
};

/** Answers what handlers and Express itself throw; only what is this node's own fault is logged. */
export function errorAnswers(log: Log): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error);
    const { status, message, issues } = toApiError(error);
    if (status === 500) log.error({ error }, 'a request failed');
    // The rest of such a body is not worth waiting for.
    if (status === 413) response.set('Connection', 'close');
    response
      .set('Cache-Control', 'no-store')
      .status(status)
      .json(errorBody(status, message, issues));
  };
}

/** Errors of Express and its body parser carry a status; their other statuses all are a bad request. */
function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const { status, message, type } = (error ?? {}) as Record<string, unknown>;
  if (typeof status !== 'number' || status < 400 || status > 499) {
    return new ApiError(500, 'this request failed');
  }
  if (type === 'entity.parse.failed') return new ApiError(400, 'the body is not JSON');
  return new ApiError(status in CODES ? (status as ErrorStatus) : 400, String(message));
}
