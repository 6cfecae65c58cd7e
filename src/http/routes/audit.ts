import type { Router } from 'express';
import { z } from 'zod';
import type { Auditor } from '../../audit/auditor';
import { difficultyOf } from '../../bitcoin/target';
import type { MiningNode } from '../../node';
import type { KeptClaim } from '../../rounds/remote-shares';
import type { LoggedShare } from '../../rounds/share-batches';
import { RECENT_SHARES } from '../../rounds/share-log';
import { ApiError, parse } from '../errors';
import { account, roundInPath, roundNumber, text, jsonBody } from '../requests';
import { addResource, answer, sendJson, type Mount } from '../resource';

const DEFAULT_LIMIT = 50;
const LIMITS = `a whole number from 1 to ${RECENT_SHARES}`;

const query = z.object({
  limit: text(/^\d{1,15}$/, LIMITS)
    .refine(
      (digits) => Number(digits) >= 1 && Number(digits) <= RECENT_SHARES,
      `expected ${LIMITS}`,
    )
    .transform(Number)
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

/** The parts of a node that /audit serves. */
interface AuditSources extends Pick<MiningNode, 'shares' | 'remoteShares' | 'log'> {
  /** Throws if this node lacks what it needs to decide. */
  auditor: Pick<Auditor, 'audit'>;
}

/** /audit: the shares that this node got (GET), and its verdict on a proof (POST). */
export function addAudit(
  router: Router,
  { shares, remoteShares, auditor, log }: AuditSources,
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
        claimed_shares: remoteShares.claims.count,
        unique_workers: uniqueWorkers,
      },
      recent_shares: newest(limit, round).map((found) => ({
        ...(!isPublic && { worker_id: found.workerId, submission_id: found.submissionId }),
        ...('place' in found ? shareOf(found) : claimOf(found)),
      })),
    });
    return Promise.resolve();
  });

  /** Shares and claims, newest first. Claims get a tenth, rounded up, or what shares leave free. */
  const newest = (limit: number, round?: number): (LoggedShare | KeptClaim)[] => {
    const found = shares.recent(limit, round);
    const room = Math.max(Math.ceil(limit / 10), limit - found.length);
    // Of a share and a claim in the same place, the claim came later: the sort is stable.
    return [...remoteShares.claims.recent(round).slice(0, room), ...found]
      .sort((a, b) => placeOf(b) - placeOf(a))
      .slice(0, limit);
  };

  const post = answer(async (request, response) => {
    const { submission } = parse(auditBody, request.body);
    const { round_number, submitter, proof } = submission;
    const verdict = await auditor
      .audit(round_number, { submitter, proof })
      .catch((error: unknown) => {
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

function placeOf(found: LoggedShare | KeptClaim): number {
  return 'place' in found ? found.place : found.behind;
}

function claimOf({ round, hash, difficulty, at }: KeptClaim) {
  return {
    round_number: round,
    hash,
    difficulty,
    valid: false,
    claim: true,
    timestamp: new Date(at).toISOString(),
  };
}

function shareOf({ round, hash, attempt, reason, at }: LoggedShare) {
  return {
    round_number: round,
    hash,
    // Without an attempt nothing shows that anybody found the hash.
    difficulty: attempt ? difficultyOf(BigInt(`0x${hash}`)) : 0,
    valid: reason === undefined,
    ...(reason !== undefined && { reason }),
    timestamp: new Date(at).toISOString(),
  };
}
