import { Counter, Gauge, type Registry } from 'prom-client';
import { difficultyOf } from '../bitcoin/target';
import type { Bests } from '../rounds/bests';
import type { Miner } from '../rounds/miner';
import { REJECTED_AS } from '../workers/worker';
import type { Workers, WorkerState } from '../workers/workers';
import { rejectedOf, WorkerSeries } from './worker-series';

export interface WorkerSources {
  workers: Pick<Workers, 'list'>;
  miner: Pick<Miner, 'lastRound'>;
  bests: Pick<Bests, 'ofWorker'>;
}

interface WorkerGauge {
  name: string;
  help: string;
  /** @param of the workers that share a series; may be none */
  value: (of: readonly WorkerState[]) => number;
}

/**
 * What remote workers do, one by one.
 * @returns reads it anew, for all of these metrics at once: to be called before each exposition
 */
export function addWorkerMetrics(
  registers: Registry[],
  { workers, miner, bests }: WorkerSources,
): () => void {
  const definitions: WorkerGauge[] = [
    {
      name: 'orca_worker_hashrate_hashes_per_second',
      help: 'Hash rate that the shares of a remote worker show, over half a minute; of "other", their sum.',
      value: (of) => sum(of, ({ hashrateHps }) => hashrateHps),
    },
    {
      name: 'orca_worker_round_hashrate_hashes_per_second',
      help: 'The same, over the round.',
      value: (of) => sum(of, ({ roundHashrateHps }) => roundHashrateHps),
    },
    {
      name: 'orca_worker_difficulty',
      help: 'Difficulty of the work that a remote worker has; of "other", the highest.',
      value: (of) => highest(of, ({ target }) => target),
    },
    {
      name: 'orca_worker_best_difficulty',
      help: 'Difficulty of the best share that a remote worker ever had; of "other", the highest.',
      value: (of) => highest(of, ({ id }) => bests.ofWorker(id)),
    },
    {
      name: 'orca_worker_share_age_seconds',
      help: 'Since the last accepted share of a remote worker; of "other", of the newest, 0 without any.',
      value: shareAgeSeconds,
    },
  ];
  const gauges = definitions.map(({ name, help, value }) => ({
    gauge: new Gauge({ name, help, labelNames: ['worker'], registers }),
    value,
  }));
  const accepted = new Counter({
    name: 'orca_worker_shares_accepted_total',
    help: 'Accepted shares of a remote worker; of "other", while they had no series of their own.',
    labelNames: ['worker'],
    registers,
  });
  const rejected = new Counter({
    name: 'orca_worker_shares_rejected_total',
    help: 'Rejected shares of a remote worker, by reason; of "other", while they had no series of their own.',
    labelNames: ['worker', 'reason'],
    registers,
  });
  const series = new WorkerSeries();
  return () => {
    for (const { gauge } of gauges) gauge.reset();
    accepted.reset();
    rejected.reset();
    for (const { worker, of, counts } of series.read(workers.list(miner.lastRound?.number))) {
      for (const { gauge, value } of gauges) gauge.set({ worker }, value(of));
      accepted.inc({ worker }, counts.accepted);
      for (const as of REJECTED_AS) {
        rejected.inc({ worker, reason: as }, rejectedOf(counts, as));
      }
    }
  };
}

function sum(of: readonly WorkerState[], value: (worker: WorkerState) => number): number {
  return of.reduce((total, worker) => total + value(worker), 0);
}

/** The difficulty of the lowest hash value; 0 without any. */
function highest(
  of: readonly WorkerState[],
  hashValue: (worker: WorkerState) => bigint | undefined,
): number {
  return of.reduce((most, worker) => {
    const value = hashValue(worker);
    return value === undefined ? most : Math.max(most, difficultyOf(value));
  }, 0);
}

function shareAgeSeconds(of: readonly WorkerState[]): number {
  const least = of.reduce((ms, { sinceShareMs }) => Math.min(ms, sinceShareMs ?? ms), Infinity);
  return least === Infinity ? 0 : least / 1000;
}
