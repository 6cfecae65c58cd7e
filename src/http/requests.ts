import express, { type RequestHandler, type ErrorRequestHandler } from 'express';
import rateLimit, { ipKeyGenerator } from 'express-rate-limit';
import { z } from 'zod';
import { LOCAL_WORKER } from '../rounds/share-batches';
import { MAX_TIME_OFFSET } from '../work/attempt';
import { decodeKey } from '../work/identity';
import { ApiError, toApiError, type ErrorStatus } from './errors';

// What requests may be: their bodies, the formats of their fields, and their rates.

const MAX_BODY_BYTES = 16 * 1024;

// Not strict: `null` and `7` are JSON, and schemas refuse them with a better message.
const parser = express.json({ limit: MAX_BODY_BYTES, type: () => true, strict: false });

const TOO_LARGE = new ApiError(413, `expected a body of at most ${MAX_BODY_BYTES} bytes`);

/** Reads a JSON body of at most 16 KiB. No body counts as {}. */
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

/** A string in a given format; the message is the same for a wrong string and a value of another type. */
export const text = (form: RegExp, expected: string) =>
  z.string(`expected ${expected}`).regex(form, { error: `expected ${expected}`, abort: true });

/** A round number in a path or query. */
export const roundInPath = text(/^\d{1,15}$/, 'a whole number from 0').transform(Number);

export const roundNumber = z
  .int('expected a whole number from 0')
  .nonnegative('expected a whole number from 0');

const TIME_OFFSET = `expected a whole number from 0 to ${MAX_TIME_OFFSET}`;

/** Seconds that a worker added to the time of its work. */
export const timeOffset = z
  .number(TIME_OFFSET)
  .refine(
    (seconds) => Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_TIME_OFFSET,
    TIME_OFFSET,
  );

/** A worker's name for a submission. */
export const submissionId = text(/^[A-Za-z0-9._:@-]{1,64}$/, '1 to 64 of A-Z a-z 0-9 . _ : @ -');

/** Any string of this format is accepted; whether such a job exists is checked later. */
export const jobId = submissionId;

export const workerId = submissionId.refine(
  (id) => id !== LOCAL_WORKER,
  "expected another name than this node's own threads have",
);

/** A number of bytes in hex, in either case. */
export const hexBytes = (bytes: number) =>
  text(new RegExp(`^[0-9a-fA-F]{${2 * bytes}}$`), `${2 * bytes} hex digits`);

/** 32 bits in hex, most significant digit first. */
export const hex32 = hexBytes(4).transform((digits) => Number.parseInt(digits, 16));

// The time to decode grows with the square of the length, so the length is checked first.
export const account = text(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/, 'base58 of 32 bytes').refine(
  isKey,
  'expected base58 of 32 bytes',
);

function isKey(text: string): boolean {
  try {
    return decodeKey(text).length === 32;
  } catch {
    return false;
  }
}

/** Limits of shares and of malformed shares, as multiples of the general one. */
const SHARES_FACTOR = 10;
const MALFORMED_FACTOR = 1 / 10;

const MALFORMED: ReadonlySet<ErrorStatus> = new Set([400, 413, 415]);

export interface RateLimits {
  general: RequestHandler;
  /** For well-formed shares. */
  shares: RequestHandler;
  /**
   * For malformed shares. They don't count against the shares' limit, or any program could use up the limit of a
   * miner behind the same address. For the miner's sake bodies, 16 KiB at most, are read even above this limit.
   */
  malformed: ErrorRequestHandler;
}

/** For a mount behind something that limits already. */
export const NO_LIMITS: RateLimits = rateLimits(0);

/**
 * Rate limits of one mount, per address and minute.
 * @param perMinute for requests other than shares; shares get ten times that, malformed shares a tenth; 0 is no limit
 */
export function rateLimits(perMinute: number): RateLimits {
  const malformed = limit(Math.ceil(perMinute * MALFORMED_FACTOR));
  return {
    general: limit(perMinute),
    shares: limit(perMinute * SHARES_FACTOR),
    malformed: (error: unknown, request, response, next) => {
      const { status } = toApiError(error);
      if (!MALFORMED.has(status)) return next(error);
      // Also if the answer is 429: the rest of a body that is too large isn't worth waiting for.
      if (status === 413) response.set('Connection', 'close');
      void malformed(request, response, (isTooMany?: unknown) => next(isTooMany ?? error));
    },
  };
}

function limit(perMinute: number): RequestHandler {
  if (perMinute === 0) return (_request, _response, next) => next();
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    // The address of the connection: headers that name another can be forged.
    keyGenerator: ({ socket }) => ipKeyGenerator(socket.remoteAddress ?? '0.0.0.0'),
    handler: (_request, _response, next) =>
      next(new ApiError(429, `expected at most ${perMinute} such requests a minute`)),
    validate: false,
  });
}
