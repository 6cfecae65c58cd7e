import type { RequestHandler, Response, Router } from 'express';
import { z } from 'zod';
import { difficultyOf } from '../../bitcoin/target';
import { EXTRANONCE2_SIZE, VERSION_BITS_SHIFT } from '../../consensus';
import type { MiningNode } from '../../node';
import {
  UnwritableError,
  type Conflict,
  type Outcome,
  type RemoteShare,
} from '../../rounds/remote-shares';
import type { Rejection } from '../../rounds/share-intake';
import { ApiError, parse } from '../errors';
import {
  hex32,
  hexBytes,
  roundInPath,
  roundNumber,
  jobId,
  submissionId,
  timeOffset,
  workerId,
  jsonBody,
} from '../requests';
import { addResource, answer, sendJson, type Mount } from '../resource';
import { VERSION_MASK } from './task';

const shareBody = z
  .object({
    hash: hexBytes(32),
    difficulty: z.number('expected a number from 0').nonnegative('expected a number from 0'),
    block_height: roundNumber,
    worker_id: workerId,
    submission_id: submissionId,
    extranonce2: hexBytes(EXTRANONCE2_SIZE)
      .transform((digits) => Number.parseInt(digits, 16))
      .optional(),
    nonce: hex32.optional(),
    version_bits: hex32
      .refine((bits) => (bits & ~VERSION_MASK) === 0, 'expected no bits outside version_mask')
      .transform((bits) => bits >>> VERSION_BITS_SHIFT)
      .default(0),
    time_offset: timeOffset.default(0),
    job_id: jobId.optional(),
  })
  .transform(({ extranonce2, nonce, ...body }): RemoteShare => ({
    workerId: body.worker_id,
    submissionId: body.submission_id,
    hashValue: BigInt(`0x${body.hash}`),
    blockHeight: body.block_height,
    difficulty: body.difficulty,
    ...(body.job_id !== undefined && { jobId: body.job_id }),
    rolled:
      extranonce2 !== undefined && nonce !== undefined
        ? { extranonce2, nonce, versionBits: body.version_bits, timeOffset: body.time_offset }
        : extranonce2 === nonce
          ? 'none'
          : 'incomplete',
  }));

const MESSAGES: Record<Rejection | Conflict, string> = {
  wrong_height: "block_height is another round's",
  wrong_difficulty: 'the hash has less than the difficulty that it claims',
  incomplete_proof: 'expected extranonce2 and nonce both, or neither for a mere claim',
  wrong_hash: 'the header that this share gives has another hash',
  above_target: 'the hash misses the target of the work that was handed out',
  duplicate_share: 'this share was counted before, under another submission_id or worker_id',
  round_over: 'this round is not being mined any more',
  stale: 'no such job was handed out in this round: ask for work again',
};

const OTHER_BYTE_ORDER =
  'the hash is in the other byte order: expected most significant byte first, as Bitcoin shows it';
const A_CLAIM =
  'a claim, which counts for nothing: with extranonce2 and nonce, which show that they give this hash, it is a share';

/** A response's locals once its request has been read. */
interface Submitted {
  number: number;
  share: RemoteShare;
}

/** /submission: this node's proof (GET), and the shares of workers (POST). */
export function addSubmission(
  router: Router,
  { miner, remoteShares }: Pick<MiningNode, 'miner' | 'remoteShares'>,
  { limits, isPublic }: Mount,
): void {
  const get = answer(async (request, response) => {
    const number = parse(roundInPath, request.params['roundNumber'], 'roundNumber');
    const round = await miner.round(number);
    if (!round) throw new ApiError(404, 'this node has no such round');
    const proof = round.proof();
    if (proof === undefined) throw new ApiError(404, 'no share of this round was found yet');
    const body = {
      round_number: number,
      submitter: miner.identity.publicKey,
      proof,
      shares: round.shares.length,
      estimated_hashes: String(round.estimatedHashes),
    };
    sendJson(response, body, { final: round.closed });
  });

  /** Runs before the limit for shares: malformed ones have a limit of their own. */
  const read: RequestHandler = ({ params, body }, response, next) => {
    const submitted: Submitted = {
      number: parse(roundInPath, params['roundNumber'], 'roundNumber'),
      share: parse(shareBody, body),
    };
    Object.assign(response.locals, submitted);
    next();
  };

  const post = answer(async (_request, response) => {
    const { number, share } = response.locals as Submitted;
    const outcome = await remoteShares.receive(number, share).catch(unavailable);
    answerOutcome(response, share.submissionId, outcome);
  });

  addResource(router, '/submission/:roundNumber', {
    get: [limits.general, get],
    ...(!isPublic && { post: [jsonBody, read, limits.shares, limits.malformed, post] }),
  });
}

function answerOutcome(response: Response, submission_id: string, outcome: Outcome): void {
  switch (outcome.outcome) {
    case 'accepted':
    case 'repeated':
      response.status(outcome.outcome === 'accepted' ? 201 : 200);
      return sendJson(response, {
        accepted: true,
        proven: true,
        submission_id,
        difficulty: difficultyOf(outcome.hashValue),
        best: outcome.best,
      });
    case 'claimed':
      response.status(outcome.isRepeated ? 200 : 202);
      return sendJson(response, {
        accepted: true,
        proven: false,
        submission_id,
        message: A_CLAIM,
      });
    case 'rejected': {
      const { reason, isReversed } = outcome;
      const message = isReversed ? OTHER_BYTE_ORDER : MESSAGES[reason];
      return sendJson(response.status(422), { accepted: false, reason, message });
    }
    case 'conflict': {
      const { reason } = outcome;
      return sendJson(response.status(409), { accepted: false, reason, message: MESSAGES[reason] });
    }
    case 'unknown_round':
      throw new ApiError(404, 'this node has no such round');
  }
}

function unavailable(error: unknown): never {
  throw error instanceof UnwritableError ? new ApiError(503, error.message) : error;
}
