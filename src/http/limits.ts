import type { RequestHandler } from 'express';
import rateLimit, { ipKeyGenerator } from 'express-rate-limit';
import { ApiError } from './errors';

/** Shares may come so many times as often as anything else. */
const SHARES_FACTOR = 10;

export interface RateLimits {
  general: RequestHandler;
  shares: RequestHandler;
}

/** Where something before the paths limits already. */
export const NO_LIMITS: RateLimits = rateLimits(0);

/**
 * Limits of one mount, per address and minute.
 * @param perMinute requests other than shares; 0 is no limit
 */
export function rateLimits(perMinute: number): RateLimits {
  return { general: limit(perMinute), shares: limit(perMinute * SHARES_FACTOR) };
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
