import { Router, type Express } from 'express';
import helmet from 'helmet';
import type { Auditor } from '../audit/auditor';
import type { Metrics } from '../metrics/metrics';
import type { MiningNode } from '../node';
import { errorAnswers } from './errors';
import { NO_LIMITS, rateLimits } from './requests';
import { addResource, answer, type Mount } from './resource';
import { addAudit } from './routes/audit';
import { addHealthz } from './routes/healthz';
import { addSettings, type OwnersPart } from './routes/settings';
import { addSubmission } from './routes/submission';
import { addTask, type RoundStarter } from './routes/task';

/** What the API serves of a node. */
export interface ApiNode extends Pick<
  MiningNode,
  'miner' | 'governor' | 'jobs' | 'shares' | 'remoteShares' | 'metrics' | 'log'
> {
  auditor: Pick<Auditor, 'audit'>;
}

export interface ApiOptions {
  /** From one address; 0 is no limit. */
  requestsPerMinute: number;
  /** What is served to the owner alone; nothing where left out. */
  owners?: OwnersPart;
  /** Starts the rounds that are asked for; left out under a Koii node, which starts them itself. */
  rounds?: RoundStarter;
}

/** What is served through the node's tunnel, on the public internet. */
const PUBLIC_PATHS = ['/task', '/submission', '/audit', '/healthz'];

/** The API as the side port serves it, whole. */
export function createApi(node: ApiNode, options: ApiOptions): Router {
  const { requestsPerMinute, owners, rounds } = options;
  const router = Router();
  router.use(node.metrics.timeRequests, helmet());
  addPublicPaths(router, node, { limits: rateLimits(requestsPerMinute), isPublic: false }, rounds);
  addMetrics(router, node.metrics);
  if (owners) addSettings(router, owners);
  router.use(errorAnswers(node.log));
  return router;
}

/** Serves what strangers may read on the SDK's app, behind a PublicGuard, which limits and answers errors. */
export function mountPublicApi(app: Express, node: ApiNode): void {
  const router = Router();
  router.use(PUBLIC_PATHS, node.metrics.timeRequests, helmet());
  addPublicPaths(router, node, { limits: NO_LIMITS, isPublic: true });
  app.use(router);
}

function addPublicPaths(router: Router, node: ApiNode, mount: Mount, rounds?: RoundStarter): void {
  addTask(router, node, mount, rounds);
  addSubmission(router, node, mount);
  addAudit(router, node, mount);
  addHealthz(router, node, mount);
}

/** /metrics: Prometheus' text format. */
function addMetrics(router: Router, metrics: Metrics): void {
  const get = answer(async (_request, response) => {
    const text = await metrics.render();
    response.set('Cache-Control', 'no-store').type(metrics.contentType).send(text);
  });
  addResource(router, '/metrics', { get: [get] });
}
