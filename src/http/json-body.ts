import express, { type RequestHandler } from 'express';
import { ApiError } from './errors';

export const MAX_BODY_BYTES = 16 * 1024;

const parser = express.json({ limit: MAX_BODY_BYTES, type: () => true });

/** Reads a JSON body of at most 16 KiB; none at all is {}. */
export const jsonBody: RequestHandler = (request, response, next) => {
  const length = Number(request.headers['content-length'] ?? 0);
  const hasBody = length > 0 || request.headers['transfer-encoding'] !== undefined;
  if (!hasBody) {
    request.body = {};
    return next();
  }
  if (!request.is('json')) throw new ApiError(415, 'expected a body of type application/json');
  if (length > MAX_BODY_BYTES) {
    throw new ApiError(413, `expected a body of at most ${MAX_BODY_BYTES} bytes`);
  }
  parser(request, response, next);
};
