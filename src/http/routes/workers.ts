import type { Router } from 'express';
import { difficultyOf } from '../../bitcoin/target';
import type { MiningNode } from '../../node';
import { REJECTED_AS } from '../../workers/worker';
import type { WorkerState } from '../../workers/workers';
import { addResource, answer, sendJson, type Mount } from '../resource';

/** /workers: what remote workers do. Only on the side port. */
export function addWorkers(
  router: Router,
  { workers, miner, bests }: Pick<MiningNode, 'workers' | 'miner' | 'bests'>,
  { limits }: Pick<Mount, 'limits'>,
): void {
  const get = answer((_request, response) => {
    const round = miner.lastRound?.number;
    const nowMs = Date.now();
    sendJson(response, {
      round_number: round ?? null,
      workers: workers
        .list(round)
        .map((worker) => stateOf(worker, bests.ofWorker(worker.id), nowMs)),
    });
    return Promise.resolve();
  });
  addResource(router, '/workers', { get: [limits.general, get] });
}

/** @param best the lowest hash value that the worker ever had */
function stateOf(worker: WorkerState, best: bigint | undefined, nowMs: number) {
  const { id, agent, target, hashrateHps, roundHashrateHps, rejected, roundBest } = worker;
  return {
    worker_id: id,
    user_agent: agent || null,
    hash_rate: Math.round(hashrateHps),
    round_hash_rate: Math.round(roundHashrateHps),
    difficulty: difficultyOrNull(target),
    accepted_shares: worker.accepted,
    // May pass 2^53.
    proven_hashes: String(BigInt(Math.round(worker.provenHashes))),
    rejected_shares: Object.fromEntries(REJECTED_AS.map((as) => [as, rejected.get(as) ?? 0])),
    round_best_difficulty: difficultyOrNull(roundBest),
    best_difficulty: difficultyOrNull(best),
    last_share:
      worker.sinceShareMs === null ? null : new Date(nowMs - worker.sinceShareMs).toISOString(),
    idle_seconds: Math.round(worker.idleMs / 1000),
  };
}

/** The difficulty of a hash value or a target, for JSON. */
export function difficultyOrNull(value: bigint | undefined): number | null {
  return value === undefined ? null : difficultyOf(value);
}
