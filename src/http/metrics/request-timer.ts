import type { RequestHandler, Response } from 'express';
import { Histogram, type Registry } from 'prom-client';

const METHODS = ['GET', 'HEAD', 'POST'];

/** What a response's locals have of its request. */
interface Timed {
  /** Its route template. */
  route?: string;
  /** When a wait that is asked for began and ended, ms. */
  wait?: { fromMs: number; untilMs: number };
}

/**
 * Times requests by route template: no client can make up labels. A client that goes away before its
 * answer is counted as 499, as proxies do.
 */
export function requestTimer(registers: Registry[]): RequestHandler {
  const histogram = new Histogram({
    name: 'orca_http_request_duration_seconds',
    help: 'How long answers of the HTTP API took, without what a client asked to wait.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  });
  return ({ method }, response, next) => {
    const fromMs = performance.now();
    response.once('close', () => {
      const untilMs = performance.now();
      const { route = 'other', wait } = response.locals as Timed;
      const waitedMs = wait ? Math.min(wait.untilMs, untilMs) - wait.fromMs : 0;
      const labels = {
        method: METHODS.includes(method) ? method : 'other',
        route,
        status: response.writableFinished ? response.statusCode : 499,
      };
      histogram.observe(labels, (untilMs - fromMs - waitedMs) / 1000);
    });
    next();
  };
}

/** Leaves out of a request's time a wait that its client asked for; one each. */
export async function untimed(response: Response, waiting: Promise<void>): Promise<void> {
  const wait = { fromMs: performance.now(), untilMs: Infinity };
  Object.assign(response.locals, { wait } satisfies Timed);
  await waiting.finally(() => (wait.untilMs = performance.now()));
}
