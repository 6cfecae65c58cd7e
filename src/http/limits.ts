import type { ErrorRequestHandler, RequestHandler } from 'express';
import rateLimit, { ipKeyGenerator } from 'express-rate-limit';
import { ApiError, toApiError, type ErrorStatus } from './errors';

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
