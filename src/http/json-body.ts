import express, { type RequestHandler } from 'express';
import { ApiError } from './errors';

export const MAX_BODY_BYTES = 16 * 1024;

// Not strict: `null` and `7` are JSON, and whoever expects an object says so.
const parser = express.json({ limit: MAX_BODY_BYTES, type: () => true, strict: false });

const TOO_LARGE = new ApiError(413, `expected a body of at most ${MAX_BODY_BYTES} bytes`);

/** Reads a JSON body of at most 16 KiB; none at all is {}. */
export const jsonBody: RequestHandler = (request, response, next) => {
  const length = Number(request.headers['content-length'] ?? 0);
  const hasBody = length > 0 || request.headers['transfer-encoding'] !== undefined;
  if (!hasBody) {
    request.body = {};
    return next();
  }
  if (!request.is('json')) throw new ApiError(415, 'expected a body of type application/json');
  if (length > MAX_BODY_BYTES) throw TOO_LARGE;
  parser(request, response, (error?: unknown) => {
    const { type } = (error ?? {}) as { type?: string };
    next(type === 'entity.too.large' ? TOO_LARGE : error);
  });
};
