import { Router, type NextFunction, type Request, type Response } from 'express';
import type { Miner } from '../rounds/miner';
import { health } from './health';
import { taskParameters } from './task-parameters';

/** A whole number from 0, as a path writes it. */
const ROUND = /^\d{1,15}$/;

/** The routes of the HTTP API; they are served on the side port and through the node's tunnel. */
export function createApi(miner: Miner): Router {
  const router = Router();
  router.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });

  router.get('/healthz', (_request, response) => {
    const report = health(miner);
    response.status(report.status === 'healthy' ? 200 : 503).json(report);
  });

  router.get(
    '/task/:roundNumber',
    answer(async (request, response) => {
      const { roundNumber } = request.params;
      if (!ROUND.test(roundNumber!)) {
        response.status(400).json({
          error: 'bad_request',
          message: `roundNumber: expected a whole number from 0, got ${JSON.stringify(roundNumber)}`,
        });
        return;
      }
      const parameters = await taskParameters(miner, Number(roundNumber));
      if (parameters) response.json(parameters);
      else
        response.status(404).json({ error: 'not_found', message: 'this node has no such round' });
    }),
  );
  return router;
}

/** Express 4 doesn't see the rejection of an async handler by itself. */
function answer(handler: (request: Request, response: Response) => Promise<void>) {
  return (request: Request, response: Response, next: NextFunction): void => {
    handler(request, response).catch(next);
  };
}
