import express, { type RequestHandler, type ErrorRequestHandler } from 'express';
import rateLimit, { ipKeyGenerator } from 'express-rate-limit';
import { z } from 'zod';
import { LOCAL_WORKER } from '../rounds/share-record';
import { MAX_TIME_OFFSET } from '../work/attempt';
import { decodeKey } from '../work/identity';
import { ApiError, toApiError, type ErrorStatus } from './errors';

// What a request may be: its body, the forms of its fields, and how many there may be.

const MAX_BODY_BYTES = 16 * 1024;

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

/** A string of a form, which is told of it whether it is another string or none. */
export const text = (form: RegExp, expected: string) =>
  z.string(`expected ${expected}`).regex(form, { error: `expected ${expected}`, abort: true });

/** A round number as a path or a query writes it. */
export const roundInPath = text(/^\d{1,15}$/, 'a whole number from 0').transform(Number);

export const roundNumber = z
  .int('expected a whole number from 0')
  .nonnegative('expected a whole number from 0');

const TIME_OFFSET = `expected a whole number from 0 to ${MAX_TIME_OFFSET}`;

/** Seconds by which a worker rolled the time of its work. */
export const timeOffset = z
  .number(TIME_OFFSET)
  .refine(
    (seconds) => Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_TIME_OFFSET,
    TIME_OFFSET,
  );

/** What a worker calls a submission. */
export const submissionId = text(/^[A-Za-z0-9._:@-]{1,64}$/, '1 to 64 of A-Z a-z 0-9 . _ : @ -');

/** What the work that was handed out is called; whatever else of this form is no job. */
export const jobId = submissionId;

export const workerId = submissionId.refine(
  (id) => id !== LOCAL_WORKER,
  "expected another name than this node's own threads have",
);

/** So many bytes in hex, in either case. */
export const hexBytes = (bytes: number) =>
  text(new RegExp(`^[0-9a-fA-F]{${2 * bytes}}$`), `${2 * bytes} hex digits`);

/** 32 bits in hex, most significant digit first. */
export const hex32 = hexBytes(4).transform((digits) => Number.parseInt(digits, 16));

// Decoding takes the square of the length: nothing longer gets that far.
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

/** Shares may come so many times as often as anything else, and what should be one and isn't so rarely. */
const SHARES_FACTOR = 10;
const MALFORMED_FACTOR = 1 / 10;

const MALFORMED: ReadonlySet<ErrorStatus> = new Set([400, 413, 415]);

export interface RateLimits {
  general: RequestHandler;
  /** Of what can be read as a share. */
  shares: RequestHandler;
  /**
   * Of what can't: it takes nothing of the shares' budget, or any program could use up that of a miner
   * behind the same address. For the miner's sake bodies are read even when this budget is spent; at most
   * 16 KiB each.
   */
  malformed: ErrorRequestHandler;
}

/** Where something before the paths limits already. */
export const NO_LIMITS: RateLimits = rateLimits(0);

/**
 * Limits of one mount, per address and minute.
 * @param perMinute requests other than shares; ten times as many shares, a tenth malformed ones; 0 is no limit
 */
export function rateLimits(perMinute: number): RateLimits {
  const malformed = limit(Math.ceil(perMinute * MALFORMED_FACTOR));
  return {
    general: limit(perMinute),
    shares: limit(perMinute * SHARES_FACTOR),
    malformed: (error: unknown, request, response, next) => {
      const { status } = toApiError(error);
      if (!MALFORMED.has(status)) return next(error);
      // Whatever it is answered with: the rest of such a body is not worth waiting for.
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
    // The connection's own address: a header that names another can be made up.
    keyGenerator: ({ socket }) => ipKeyGenerator(socket.remoteAddress ?? '0.0.0.0'),
    handler: (_request, _response, next) =>
      next(new ApiError(429, `expected at most ${perMinute} such requests a minute`)),
    validate: false,
  });
}
