import type { RequestHandler, Router } from 'express';
import { health, miningState } from '../health';
import { addResource, sendJson, type Mount } from '../resource';
import type { Services } from '../services';

/** /healthz: whether each component works. Not limited here: a watchdog must get its answer. */
export function addHealthz(
  router: Router,
  { miner, governor, metrics }: Services,
  { isPublic }: Mount,
): void {
  // The hours and their zone tell where the owner lives and sleeps: no stranger is told.
  const report = () => ({
    ...health(miner, metrics),
    ...(!isPublic && { mining: miningState(miner, governor) }),
  });
  const get: RequestHandler = (_request, response) => {
    const body = report();
    response.status(body.status === 'healthy' ? 200 : 503);
    sendJson(response, body);
  };
  // Orca asks whether the container answers, no more.
  const post: RequestHandler = (_request, response) => sendJson(response, report());
  addResource(router, '/healthz', { get: [get], ...(!isPublic && { post: [post] }) });
}
