import { Router, type Express } from 'express';
import helmet from 'helmet';
import { errorAnswers } from './errors';
import { rateLimits } from './limits';
import { addAudit } from './routes/audit';
import { addHealthz } from './routes/healthz';
import { addMetrics } from './routes/metrics';
import { addSubmission } from './routes/submission';
import { addTask } from './routes/task';
import type { Services } from './services';

/** What is served through the node's tunnel, on the public internet. */
const PUBLIC_PATHS = ['/task', '/submission', '/audit', '/healthz'];

/**
 * The API as the side port serves it, whole.
 * @param requestsPerMinute per address; 0 is no limit
 */
export function createApi(services: Services, requestsPerMinute: number): Router {
  const { metrics, log } = services;
  const limits = rateLimits(requestsPerMinute);
  const router = Router();
  router.use(metrics.timeRequests, helmet());
  addTask(router, services, limits, true);
  addSubmission(router, services, limits);
  addAudit(router, services, limits);
  addHealthz(router, services);
  addMetrics(router, services);
  router.use(errorAnswers(log));
  return router;
}

/** Serves the public part of the API on the SDK's app, which has paths and parsers of its own. */
export function mountPublicApi(app: Express, services: Services, requestsPerMinute: number): void {
  const { metrics, log } = services;
  const limits = rateLimits(requestsPerMinute);
  const router = Router();
  router.use(PUBLIC_PATHS, metrics.timeRequests, helmet());
  addTask(router, services, limits, false);
  addSubmission(router, services, limits);
  addAudit(router, services, limits);
  addHealthz(router, services);
  app.use(router);
  // On the app itself, for the errors of the SDK's body parser, which comes before the router.
  app.use(PUBLIC_PATHS, errorAnswers(log));
}
