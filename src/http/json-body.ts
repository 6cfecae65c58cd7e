import express, { type Request, type RequestHandler } from 'express';
import { ApiError } from './errors';

export const MAX_BODY_BYTES = 16 * 1024;

const parser = express.json({ limit: MAX_BODY_BYTES, type: () => true });

/**
 * Reads a JSON body of at most 16 KiB; none at all is {}. On the SDK's app a parser of the SDK's ran
 * before, with a limit of 50 MB: there what it parsed is measured.
 */
export const jsonBody: RequestHandler = (request, response, next) => {
  const length = Number(request.headers['content-length'] ?? 0);
  const hasBody = length > 0 || request.headers['transfer-encoding'] !== undefined;
  if (!hasBody) {
    request.body = {};
    return next();
  }
  if (!request.is('json')) throw new ApiError(415, 'expected a body of type application/json');
  if (length > MAX_BODY_BYTES) throw tooLarge();
  if (!isParsed(request)) return parser(request, response, next);
  if (Buffer.byteLength(JSON.stringify(request.body)) > MAX_BODY_BYTES) throw tooLarge();
  next();
};

function tooLarge(): ApiError {
  return new ApiError(413, `expected a body of at most ${MAX_BODY_BYTES} bytes`);
}

/** body-parser's own mark, by which parsers know that another one came first. */
function isParsed(request: Request): boolean {
  return (request as { _body?: boolean })._body === true;
}
