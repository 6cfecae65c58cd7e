import type { Router } from 'express';
import { z } from 'zod';
import { difficultyOf } from '../../bitcoin/target';
import { RECENT_SHARES } from '../../rounds/share-log';
import type { LoggedShare } from '../../rounds/share-record';
import { ApiError, parse } from '../errors';
import { account, roundInPath, roundNumber } from '../fields';
import { jsonBody } from '../json-body';
import { addResource, answer, sendJson, type Mount } from '../resource';
import type { Services } from '../services';

const DEFAULT_LIMIT = 50;

const query = z.object({
  limit: z
    .string()
    .regex(/^\d{1,15}$/, `expected a whole number from 1 to ${RECENT_SHARES}`)
    .transform(Number)
    .pipe(z.number().min(1).max(RECENT_SHARES))
    .default(DEFAULT_LIMIT),
  round: roundInPath.optional(),
});

const auditBody = z.object({
  submission: z.object({
    proof: z.string(),
    round_number: roundNumber,
    submitter: account,
  }),
});

/** /audit: what shares came to this node, and its judgement of a proof. */
export function addAudit(
  router: Router,
  { shares, audit, log }: Services,
  { limits, isPublic }: Mount,
): void {
  const get = answer((request, response) => {
    const { limit, round } = parse(query, request.query);
    const { valid, invalid, uniqueWorkers } = shares.statistics;
    sendJson(response, {
      statistics: {
        total_shares: valid + invalid,
        valid_shares: valid,
        invalid_shares: invalid,
        unique_workers: uniqueWorkers,
      },
      recent_shares: shares.recent(limit, round).map(isPublic ? shareOf : namedShareOf),
    });
    return Promise.resolve();
  });

  const post = answer(async (request, response) => {
    const { submission } = parse(auditBody, request.body);
    const { round_number, submitter, proof } = submission;
    const verdict = await audit(round_number, { submitter, proof }).catch((error: unknown) => {
      log.info({ error }, `round ${round_number} can't be audited`);
      throw new ApiError(503, 'this node lacks what it needs to decide');
    });
    sendJson(response, verdict.valid);
  });

  addResource(router, '/audit', {
    get: [limits.general, get],
    ...(!isPublic && { post: [limits.general, jsonBody, post] }),
  });
}

/** A share, and who found it. */
function namedShareOf(share: LoggedShare) {
  return { worker_id: share.workerId, submission_id: share.submissionId, ...shareOf(share) };
}

function shareOf({ round, hash, attempt, reason, at }: LoggedShare) {
  return {
    round_number: round,
    hash,
    // A hash that nothing was shown to give is worth nothing.
    difficulty: attempt ? difficultyOf(BigInt(`0x${hash}`)) : 0,
    valid: reason === undefined,
    ...(reason !== undefined && { reason }),
    timestamp: new Date(at).toISOString(),
  };
}
