import { Router } from 'express';
import { controlsOnly, noLinks } from '../http/access';
import { errorAnswers } from '../http/errors';
import { jsonBody } from '../http/json-body';
import { addResource } from '../http/resource';
import type { OwnersPart } from '../http/routes/settings';
import type { MiningNode } from '../node';
import { RoundClock, type RoundTimes } from '../rounds/round-clock';
import { control } from './control';
import { Feed } from './feed';
import { addPage, secured } from './page';

const PATHS = ['/dashboard', /^\/$/];

/**
 * The page for the node's owner, what feeds it, and its controls. For the side port alone: nothing of
 * it belongs on the public internet.
 * @param roundTimes tells when the windows of a round are; undefined where no chain has the rounds
 */
export function createDashboard(
  node: MiningNode,
  { token, restart }: OwnersPart,
  roundTimes?: (round: number) => Promise<RoundTimes>,
): Router {
  const feed = new Feed(node, token, roundTimes && new RoundClock(roundTimes));
  const router = Router();
  router.use(PATHS, secured);
  addPage(router, token, roundTimes !== undefined);
  addResource(router, '/dashboard/events', { get: [noLinks, feed.subscribe] });
  addResource(router, '/dashboard/control', {
    post: [noLinks, controlsOnly(token), jsonBody, control(node.governor, restart)],
  });
  router.use(PATHS, errorAnswers(node.log));
  return router;
}
