import type { Router } from 'express';
import { z } from 'zod';
import { ApiError, parse } from '../errors';
import { account, roundInPath, workerId } from '../fields';
import { jsonBody } from '../json-body';
import type { RateLimits } from '../limits';
import { addResource, answer, sendJson } from '../resource';
import { RoundConflict, type Services } from '../services';
import { taskParameters } from '../task-parameters';

const query = z.object({ worker_id: workerId.optional() });
const startBody = z.object({
  submissions: z.record(account, z.string().max(512)).optional(),
});

/**
 * /task: what to mine, and the start of a round.
 * @param canStart whether POST is there at all; it never is where the public comes in
 */
export function addTask(
  router: Router,
  services: Services,
  limits: RateLimits,
  canStart: boolean,
): void {
  const { miner, rounds } = services;

  const current = answer(async (request, response) => {
    const round = miner.miningRound;
    if (round === undefined) throw new ApiError(404, 'no round is being mined');
    const { worker_id } = parse(query, request.query);
    sendJson(response, await taskParameters(services, round, worker_id));
  });

  const get = answer(async (request, response) => {
    const round = parse(roundInPath, request.params['roundNumber'], 'roundNumber');
    const { worker_id } = parse(query, request.query);
    const parameters = await taskParameters(services, round, worker_id);
    if (!parameters) throw new ApiError(404, 'this node has no such round');
    sendJson(response, parameters, { final: (await miner.round(round))!.closed });
  });

  const start = answer(async (request, response) => {
    const round = parse(roundInPath, request.params['roundNumber'], 'roundNumber');
    const { submissions } = parse(startBody, request.body);
    if (!rounds) throw new ApiError(409, 'the Koii node starts the rounds of this task');
    const status = await rounds.start(round, submissions).catch(conflict);
    response.status(status === 'started' ? 202 : 200);
    sendJson(response, { round_number: round, status });
  });

  addResource(router, '/task', { get: [limits.general, current] });
  addResource(router, '/task/:roundNumber', {
    get: [limits.general, get],
    ...(canStart && { post: [limits.general, jsonBody, start] }),
  });
}

function conflict(error: unknown): never {
  throw error instanceof RoundConflict ? new ApiError(409, error.message) : error;
}
