import { Router, type Express } from 'express';
import helmet from 'helmet';
import type { Auditor } from '../audit/auditor';
import type { Metrics } from '../metrics/metrics';
import type { MiningNode } from '../node';
import { errorAnswers } from './errors';
import { NO_LIMITS, rateLimits } from './requests';
import { addResource, answer, type Mount } from './resource';
import { addAudit } from './routes/audit';
import { addBitcoin } from './routes/bitcoin';
import { addHealthz } from './routes/healthz';
import { addNetwork, type NetworkParts } from './routes/network';
import { addRewards } from './routes/rewards';
import { addSettings, type OwnersPart } from './routes/settings';
import { addSubmission } from './routes/submission';
import { addTask, type RoundStarter } from './routes/task';
import { addWorkers } from './routes/workers';

/** The parts of a node that the API serves. */
export interface ApiNode extends Pick<
  MiningNode,
  | 'miner'
  | 'governor'
  | 'jobs'
  | 'shares'
  | 'remoteShares'
  | 'workers'
  | 'bests'
  | 'blocks'
  | 'bitcoin'
  | 'settings'
  | 'rules'
  | 'metrics'
  | 'history'
  | 'log'
> {
  auditor: Pick<Auditor, 'audit'>;
}

export interface ApiOptions {
  /** Per address; 0 is no limit. */
  requestsPerMinute: number;
  /** What only the owner is served; left out, it is not served at all. */
  owners?: OwnersPart;
  /** Starts rounds on request. Left out under a Koii node, which starts them itself. */
  rounds?: RoundStarter;
  /** What is known of the network's rounds. Left out where they aren't on a chain. */
  network?: NetworkParts;
}

/** What the node's tunnel shows the public internet. */
const PUBLIC_PATHS = ['/task', '/submission', '/audit', '/healthz'];

/** The whole API, for the side port. */
export function createApi(node: ApiNode, options: ApiOptions): Router {
  const { requestsPerMinute, owners, rounds, network } = options;
  const router = Router();
  router.use(node.metrics.timeRequests, helmet());
  const mount = { limits: rateLimits(requestsPerMinute), isPublic: false };
  addPublicPaths(router, node, mount, rounds);
  addWorkers(router, node, mount);
  addBitcoin(router, node, mount);
  addNetwork(router, node, mount, network);
  addRewards(router, node, mount);
  addMetrics(router, node.metrics);
  if (owners) addSettings(router, owners);
  router.use(errorAnswers(node.log));
  return router;
}

/** Serves what strangers may read, on the SDK's app. PublicGuard, in front of it, limits rates and answers errors. */
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

/** /metrics, in Prometheus' text format. */
function addMetrics(router: Router, metrics: Metrics): void {
  const get = answer(async (_request, response) => {
    const text = await metrics.render();
    response.set('Cache-Control', 'no-store').type(metrics.contentType).send(text);
  });
  addResource(router, '/metrics', { get: [get] });
}
