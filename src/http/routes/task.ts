import type { Request, Router } from 'express';
import { z } from 'zod';
import { ApiError, parse } from '../errors';
import { account, roundInPath, text, workerId } from '../fields';
import { jsonBody } from '../json-body';
import { addResource, answer, sendJson, type Mount } from '../resource';
import { RoundConflict, type Services } from '../services';
import type { Round } from '../../rounds/round';
import type { NamedJob } from '../../workers/jobs';
import { taskParameters } from '../task-parameters';

const query = z.object({ worker_id: workerId.optional() });
const publicQuery = z.object({
  worker_id: z.undefined('expected none here, for workers come to the side port').optional(),
});
const startBody = z.object({
  submissions: z
    .record(account, text(/^[^]{0,512}$/, 'a string of at most 512 characters'))
    .optional(),
});

/** /task: what to mine, and the start of a round. */
export function addTask(router: Router, services: Services, { limits, isPublic }: Mount): void {
  const { miner, jobs, rounds } = services;

  /** The job for who asks; a stranger is shown what there is, and nothing is noted of it. */
  const jobFor = async (round: Round, { query: asked }: Request): Promise<NamedJob | undefined> => {
    const { worker_id } = parse(isPublic ? publicQuery : query, asked);
    if (miner.miningRound !== round.number) return undefined;
    if (isPublic) return jobs.shown(round, miner.shareTarget);
    await miner.makeGround(round);
    return jobs.handOut(round, worker_id, miner.shareTarget);
  };

  const current = answer(async (request, response) => {
    const round = miner.miningRound === undefined ? undefined : miner.lastRound;
    if (!round) throw new ApiError(404, 'no round is being mined');
    sendJson(response, taskParameters(services, round, await jobFor(round, request)));
  });

  const get = answer(async (request, response) => {
    const number = parse(roundInPath, request.params['roundNumber'], 'roundNumber');
    const round = await miner.round(number);
    if (!round) throw new ApiError(404, 'this node has no such round');
    const parameters = taskParameters(services, round, await jobFor(round, request));
    sendJson(response, parameters, { final: round.closed });
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
    ...(!isPublic && { post: [limits.general, jsonBody, start] }),
  });
}

function conflict(error: unknown): never {
  throw error instanceof RoundConflict ? new ApiError(409, error.message) : error;
}
