import { Counter, Gauge, type Registry } from 'prom-client';
import { difficultyOf } from '../bitcoin/target';
import type { Bests } from '../rounds/bests';
import type { Miner } from '../rounds/miner';
import { REJECTED_AS } from '../workers/worker';
import type { Workers, WorkerState } from '../workers/workers';

// What remote workers do, one by one: read when Prometheus asks.

export interface WorkerSources {
  workers: Workers;
  miner: Miner;
  bests: Bests;
}

/** So many workers have series of their own: those that had a share accepted last. */
const MAX_NAMED = 50;
/** The label of all others together. */
const OTHER = 'other';

/** Workers under the label that they have. */
type Labelled = readonly (readonly [string, readonly WorkerState[]])[];

export function addWorkerMetrics(
  registers: Registry[],
  { workers, miner, bests }: WorkerSources,
): void {
  const labelled = (): Labelled => {
    const known = workers
      .list(miner.lastRound?.number)
      .sort((a, b) => (a.sinceShareMs ?? Infinity) - (b.sinceShareMs ?? Infinity));
    const named = known.slice(0, MAX_NAMED).map((worker) => [worker.id, [worker]] as const);
    return [...named, [OTHER, known.slice(MAX_NAMED)]];
  };
  const sum = (of: readonly WorkerState[], value: (worker: WorkerState) => number): number =>
    of.reduce((total, worker) => total + value(worker), 0);
  const gauge = (
    name: string,
    help: string,
    value: (of: readonly WorkerState[]) => number,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames: ['worker'],
      registers,
      collect() {
        this.reset();
        for (const [worker, of] of labelled()) this.set({ worker }, value(of));
      },
    });
  };

  gauge(
    'orca_worker_hashrate_hashes_per_second',
    'Hash rate that the shares of a remote worker show, over half a minute.',
    (of) => sum(of, ({ hashrateHps }) => hashrateHps),
  );
  gauge('orca_worker_round_hashrate_hashes_per_second', 'The same, over the round.', (of) =>
    sum(of, ({ roundHashrateHps }) => roundHashrateHps),
  );
  gauge(
    'orca_worker_difficulty',
    'Difficulty of the work it has; the highest among others.',
    (of) =>
      Math.max(0, ...of.map(({ target }) => (target === undefined ? 0 : difficultyOf(target)))),
  );
  gauge('orca_worker_best_difficulty', 'Difficulty of its best share ever.', (of) =>
    Math.max(
      0,
      ...of.map(({ id }) => {
        const best = bests.ofWorker(id);
        return best === undefined ? 0 : difficultyOf(best);
      }),
    ),
  );
  gauge(
    'orca_worker_share_age_seconds',
    'Seconds since its last accepted share; 0 when there was none.',
    (of) => Math.min(Infinity, ...of.map(({ sinceShareMs }) => sinceShareMs ?? 0)) / 1000 || 0,
  );
  new Counter({
    name: 'orca_worker_shares_accepted_total',
    help: 'Accepted shares of a remote worker.',
    labelNames: ['worker'],
    registers,
    collect() {
      this.reset();
      for (const [worker, of] of labelled())
        this.inc(
          { worker },
          sum(of, ({ accepted }) => accepted),
        );
    },
  });
  new Counter({
    name: 'orca_worker_shares_rejected_total',
    help: 'Rejected shares of a remote worker, by reason.',
    labelNames: ['worker', 'reason'],
    registers,
    collect() {
      this.reset();
      for (const [worker, of] of labelled()) {
        for (const reason of REJECTED_AS) {
          this.inc(
            { worker, reason },
            sum(of, ({ rejected }) => rejected.get(reason) ?? 0),
          );
        }
      }
    },
  });
}
