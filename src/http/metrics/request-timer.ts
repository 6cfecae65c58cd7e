import type { RequestHandler } from 'express';
import { Histogram, type Registry } from 'prom-client';

const METHODS = ['GET', 'HEAD', 'POST'];

/**
 * Times requests by route template: no client can make up labels. A client that goes away before its
 * answer is counted as 499, as proxies do.
 */
export function requestTimer(registers: Registry[]): RequestHandler {
  const histogram = new Histogram({
    name: 'orca_http_request_duration_seconds',
    help: 'How long answers of the HTTP API took.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  });
  return ({ method }, response, next) => {
    const stop = histogram.startTimer();
    response.once('close', () => {
      const route = (response.locals['route'] as string | undefined) ?? 'other';
      stop({
        method: METHODS.includes(method) ? method : 'other',
        route,
        status: response.writableFinished ? response.statusCode : 499,
      });
    });
    next();
  };
}
