import { Router, type Express } from 'express';
import helmet from 'helmet';
import { errorAnswers } from './errors';
import { NO_LIMITS, rateLimits } from './requests';
import { addResource, answer, type Mount } from './resource';
import { addAudit } from './routes/audit';
import { addHealthz } from './routes/healthz';
import { addSettings, type OwnersPart } from './routes/settings';
import { addSubmission } from './routes/submission';
import { addTask } from './routes/task';
import type { Services } from './services';

/** /metrics: Prometheus' text format. */
function addMetrics(router: Router, { metrics }: Services): void {
  const get = answer(async (_request, response) => {
    const text = await metrics.render();
    response.set('Cache-Control', 'no-store').type(metrics.contentType).send(text);
  });
  addResource(router, '/metrics', { get: [get] });
}

/** What is served through the node's tunnel, on the public internet. */
const PUBLIC_PATHS = ['/task', '/submission', '/audit', '/healthz'];

/**
 * The API as the side port serves it, whole.
 * @param requestsPerMinute per address; 0 is no limit
 * @param owners what it serves to the owner alone; nothing where left out
 */
export function createApi(
  services: Services,
  requestsPerMinute: number,
  owners?: OwnersPart,
): Router {
  const { metrics, log } = services;
  const mount: Mount = { limits: rateLimits(requestsPerMinute), isPublic: false };
  const router = Router();
  router.use(metrics.timeRequests, helmet());
  addPublicPaths(router, services, mount);
  addMetrics(router, services);
  if (owners) addSettings(router, owners);
  router.use(errorAnswers(log));
  return router;
}

/** Serves what strangers may read on the SDK's app, behind a PublicGuard, which limits and answers errors. */
export function mountPublicApi(app: Express, services: Services): void {
  const router = Router();
  router.use(PUBLIC_PATHS, services.metrics.timeRequests, helmet());
  addPublicPaths(router, services, { limits: NO_LIMITS, isPublic: true });
  app.use(router);
}

function addPublicPaths(router: Router, services: Services, mount: Mount): void {
  addTask(router, services, mount);
  addSubmission(router, services, mount);
  addAudit(router, services, mount);
  addHealthz(router, services, mount);
}
