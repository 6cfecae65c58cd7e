import type { RequestHandler, Router } from 'express';
import { health } from '../health';
import { addResource, sendJson, type Mount } from '../resource';
import type { Services } from '../services';

/** /healthz: whether each component works. Not limited here: a watchdog must get its answer. */
export function addHealthz(
  router: Router,
  { miner, metrics }: Services,
  { isPublic }: Mount,
): void {
  const get: RequestHandler = (_request, response) => {
    const report = health(miner, metrics);
    response.status(report.status === 'healthy' ? 200 : 503);
    sendJson(response, report);
  };
  // Orca asks whether the container answers, no more.
  const post: RequestHandler = (_request, response) => sendJson(response, health(miner, metrics));
  addResource(router, '/healthz', { get: [get], ...(!isPublic && { post: [post] }) });
}
