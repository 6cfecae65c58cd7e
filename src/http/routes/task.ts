import type { Request, Response, Router } from 'express';
import { z } from 'zod';
import { difficultyOf, displayHash } from '../../bitcoin/target';
import { EXTRANONCE2_SIZE, HEADER_VERSION, VERSION_BITS_SHIFT } from '../../consensus';
import type { MiningNode } from '../../node';
import type { Miner } from '../../rounds/miner';
import type { Round } from '../../rounds/round';
import type { Submissions } from '../../work/seed';
import type { NamedJob } from '../../workers/jobs';
import { ApiError, parse } from '../errors';
import { account, jobId, roundInPath, text, workerId, jsonBody } from '../requests';
import { addResource, answer, sendJson, type Mount } from '../resource';
import { WorkWait } from '../work-wait';

/** The bits of the header version that a worker may roll (BIP 320). */
export const VERSION_MASK = 0xffff << VERSION_BITS_SHIFT;

/** Starts rounds if no Koii node does. */
export interface RoundStarter {
  /**
   * Starts a round, unless it is running.
   * @param submissions of the round two before, for the seed
   * @throws RoundConflict if it is over, has another seed, or would harm another round.
   */
  start(round: number, submissions: Submissions | undefined): Promise<'started' | 'running'>;
}

/** A round can't be started as requested. */
export class RoundConflict extends Error {
  override readonly name = 'RoundConflict';
}

const query = z.object({ worker_id: workerId.optional(), after: jobId.optional() });
const NONE = z.undefined('expected none here, for workers come to the side port').optional();
const publicQuery = z.object({ worker_id: NONE, after: NONE });
const startBody = z.object({
  submissions: z
    .record(account, text(/^[^]{0,512}$/, 'a string of at most 512 characters'))
    .optional(),
});

/** /task: the work to mine (GET), and the start of a round (POST). */
export function addTask(
  router: Router,
  { miner, jobs }: Pick<MiningNode, 'miner' | 'jobs'>,
  { limits, isPublic }: Mount,
  rounds?: RoundStarter,
): void {
  const waits = new WorkWait(miner);

  /**
   * The job for a client, once it differs from the one that the client names, or once there is one. Strangers are
   * shown the current job, and nothing is recorded.
   * @returns undefined if the round is not being mined
   */
  const jobFor = async (
    round: Round,
    { query: asked }: Request,
    response: Response,
  ): Promise<NamedJob | undefined> => {
    const isMined = (): boolean => miner.miningRound !== undefined && miner.lastRound === round;
    if (isPublic) {
      parse(publicQuery, asked);
      return isMined() ? jobs.shown(round, miner.shareTarget) : undefined;
    }
    const { worker_id, after } = parse(query, asked);
    if (!isMined()) return undefined;
    await miner.makeGround(round);
    const handOut = (): NamedJob | undefined => jobs.handOut(round, worker_id, miner.shareTarget);
    await waits.until(() => !isMined() || (handOut()?.id ?? after) !== after, response);
    return isMined() ? handOut() : undefined;
  };

  const current = answer(async (request, response) => {
    const round = miner.miningRound === undefined ? undefined : miner.lastRound;
    const job = round && (await jobFor(round, request, response));
    if (!round || (!job && miner.miningRound !== round.number)) {
      throw new ApiError(404, 'no round is being mined');
    }
    sendJson(response, taskParameters(miner, round, job));
  });

  const get = answer(async (request, response) => {
    const number = parse(roundInPath, request.params['roundNumber'], 'roundNumber');
    const round = await miner.round(number);
    if (!round) throw new ApiError(404, 'this node has no such round');
    const job = await jobFor(round, request, response);
    sendJson(response, taskParameters(miner, round, job), { final: round.closed });
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

/**
 * The answer to GET /task/:roundNumber.
 * @param job the work in it; undefined if there is none
 */
function taskParameters(miner: Miner, round: Round, job: NamedJob | undefined) {
  const isMined = miner.miningRound === round.number;
  return {
    round_number: round.number,
    target_difficulty: difficultyOf(job?.target ?? round.entryTarget),
    hash_rate: isMined ? Math.round(miner.hashrateHps) : 0,
    valid_shares: round.validShares,
    invalid_shares: round.invalidShares,
    hashes_done: String(round.hashes),
    ...(job && { work: workOf(job) }),
  };
}

/** Numbers as in Stratum: 8 hex digits, most significant first. Bytes are in the order they are hashed. */
function workOf({ id, template, prefix, target }: NamedJob) {
  return {
    job_id: id,
    version: hex32(HEADER_VERSION),
    version_mask: hex32(VERSION_MASK),
    prev: Buffer.from(template.prev).toString('hex'),
    coinbase1: template.coinbase1.toString('hex'),
    coinbase2: template.coinbase2.toString('hex'),
    extranonce1: prefix.toString(16).padStart(4, '0'),
    extranonce2_size: EXTRANONCE2_SIZE,
    merkle_branch: [],
    time: hex32(template.time),
    bits: hex32(template.bits),
    height: template.height,
    share_target: displayHash(target),
  };
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function conflict(error: unknown): never {
  throw error instanceof RoundConflict ? new ApiError(409, error.message) : error;
}
