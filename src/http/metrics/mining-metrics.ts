import { Gauge, type Registry } from 'prom-client';
import { difficultyOf } from '../../bitcoin/target';
import type { Engine } from '../../mining/engine';
import type { Miner } from '../../rounds/miner';
import type { ShareLog } from '../../rounds/share-log';
import type { RemoteShares } from '../../rounds/remote-shares';
import type { Workers } from '../../workers/workers';
import { collectedCounter, collectedGauge } from './collected';

const PHASES = ['waiting', 'mining', 'closed'] as const;
/** A worker that mines asks for work more often. */
const WORKER_ACTIVE_MS = 60_000;

export interface MiningSources {
  engine: Engine;
  miner: Miner;
  shares: ShareLog;
  workers: Workers;
  remoteShares: RemoteShares;
}

/** Hashing, shares and rounds. */
export function addMiningMetrics(registers: Registry[], sources: MiningSources): void {
  const { engine, miner, shares, workers, remoteShares } = sources;
  const gauge = (name: string, help: string, read: () => number): void =>
    collectedGauge({ name, help, registers }, read);
  const counter = (name: string, help: string, read: () => number): void =>
    collectedCounter({ name, help, registers }, read);
  const mining = (): boolean => miner.miningRound !== undefined;

  new Gauge({
    name: 'orca_hashrate_hashes_per_second',
    help: 'Hash rate of each mining thread.',
    labelNames: ['thread', 'backend'],
    registers,
    collect() {
      // A thread that was started again may have another backend.
      this.reset();
      for (const [thread, { backend, hashrateHps }] of engine.threadStates.entries()) {
        this.set({ thread, backend: backend ?? 'none' }, hashrateHps);
      }
    },
  });
  gauge(
    'orca_threads_failed',
    'Mining threads that are down.',
    () => engine.threadStates.filter(({ failed }) => failed).length,
  );
  gauge('orca_mining', '1 while hashing is wanted, else 0.', () =>
    Number(mining() && !engine.resting),
  );
  counter('orca_hashes_total', "Hashes done by this node's threads.", () => miner.hashesDone);

  counter(
    'orca_shares_submitted_total',
    "Shares from this node's threads and remote workers.",
    () => shares.sinceStart.valid + shares.sinceStart.invalid + remoteShares.conflictCount,
  );
  counter('orca_shares_valid_total', 'Valid shares.', () => shares.sinceStart.valid);
  counter('orca_shares_invalid_total', 'Invalid shares.', () => shares.sinceStart.invalid);
  counter(
    'orca_shares_claimed_total',
    'Claims of remote workers, which show nothing and count as no shares.',
    () => remoteShares.claims.count,
  );
  gauge('orca_share_target_difficulty', "Difficulty asked of this node's threads.", () =>
    difficultyOf(miner.shareTarget),
  );
  gauge('orca_workers', 'Remote workers seen in the last 60 s.', () =>
    workers.activeWithin(WORKER_ACTIVE_MS),
  );
  gauge('orca_store_writable', '1 while the store takes writes, else 0.', () =>
    Number(miner.healthy.shareCollection),
  );

  gauge(
    'orca_round_number',
    'The round being mined, or the last one mined.',
    () => miner.lastRound?.number ?? 0,
  );
  gauge(
    'orca_round_hashes_done',
    "Hashes this node's threads did in the round.",
    () => miner.lastRound?.hashes ?? 0,
  );
  gauge('orca_round_hashes_estimated', "Hashes the round's proof proves as it stands.", () =>
    Number(miner.lastRound?.estimatedHashes ?? 0n),
  );
  gauge(
    'orca_round_seconds_left',
    "Seconds to the end of the round's mining; 0 between rounds or where it is not known.",
    () => {
      const { msLeft = 0 } = miner;
      return Number.isFinite(msLeft) ? msLeft / 1000 : 0;
    },
  );
  gauge('orca_best_share_difficulty', "Difficulty of the round's best share.", () => {
    const [best] = miner.lastRound?.shares ?? [];
    return best ? difficultyOf(best.hashValue) : 0;
  });
  new Gauge({
    name: 'orca_round_phase',
    help: '1 for the phase the round is in, 0 for the others.',
    labelNames: ['phase'],
    registers,
    collect() {
      const now = mining() ? 'mining' : miner.lastRound?.closed ? 'closed' : 'waiting';
      for (const phase of PHASES) this.set({ phase }, Number(phase === now));
    },
  });
}
