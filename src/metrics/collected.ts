import { Counter, Gauge, type Registry } from 'prom-client';
import packageJson from '../../package.json';
import { difficultyOf } from '../bitcoin/target';
import type { Engine } from '../mining/engine';
import { uncaught } from '../process/exit';
import { droppedLines } from '../process/output';
import type { ProcessUsage } from '../process/usage';
import type { Bests } from '../rounds/bests';
import type { Miner } from '../rounds/miner';
import type { RemoteShares } from '../rounds/remote-shares';
import type { ShareLog } from '../rounds/share-log';
import type { Workers } from '../workers/workers';

// Metrics that are read from their sources when Prometheus asks.

export interface MiningSources {
  engine: Engine;
  miner: Miner;
  shares: ShareLog;
  workers: Workers;
  remoteShares: RemoteShares;
  bests: Bests;
  /** How many Stratum connections are open. */
  stratum: { readonly size: number };
}

export interface ProcessSources {
  engine: Engine;
  usage: ProcessUsage;
  /** Failed calls to the Koii node by method. */
  nodeCallFailures: ReadonlyMap<string, number>;
  /** Which SDK this process runs on. */
  sdk: 'koii' | 'none';
  /** Whether this is a build for a rehearsal (npm run rehearse). */
  isRehearsal: boolean;
}

const PHASES = ['waiting', 'mining', 'closed'] as const;
/** A worker that mines asks for work more often than this. */
const WORKER_ACTIVE_MS = 60_000;

/** Hashing, shares and rounds. */
export function addMiningMetrics(registers: Registry[], sources: MiningSources): void {
  const { engine, miner, shares, workers, remoteShares, bests, stratum } = sources;
  const { gauge, counter } = collectedIn(registers);
  const mining = (): boolean => miner.miningRound !== undefined;

  new Gauge({
    name: 'orca_hashrate_hashes_per_second',
    help: 'Hash rate of each mining thread.',
    labelNames: ['thread', 'backend'],
    registers,
    collect() {
      // A restarted thread may have another backend.
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
    () => {
      const { valid, invalid, conflicts } = shares.sinceStart;
      return valid + invalid + conflicts;
    },
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
  gauge('orca_stratum_connections', 'Stratum connections that are open.', () => stratum.size);
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
  gauge(
    'orca_best_share_ever_difficulty',
    'Difficulty of the best share that this node ever took in, from whomever, over restarts too.',
    () => (bests.ofNode ? difficultyOf(bests.ofNode.hashValue) : 0),
  );
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

/**
 * Above this an operator is told, plus so much for each mining thread. Measured with each backend: 92 to 110 MB with
 * one thread; each further thread adds 8 to 10 MB on Node 20, 10 to 12 on 18.12. The rest is for large rounds.
 */
const MEMORY_LIMIT_BYTES = 384 * 2 ** 20;
const MEMORY_LIMIT_BYTES_PER_THREAD = 16 * 2 ** 20;

/** The process, its build and its calls to the Koii node. */
export function addProcessMetrics(registers: Registry[], sources: ProcessSources): void {
  const { engine, usage, nodeCallFailures, sdk, isRehearsal } = sources;
  const { gauge, counter } = collectedIn(registers);

  gauge(
    'orca_cpu_usage_ratio',
    'CPU time of this process per second of one core, over the last 15 seconds; 1 is one core.',
    () => usage.cpuRatio,
  );
  gauge(
    'orca_cpu_usage_percent',
    'The same in percent; 100 is one core.',
    () => usage.cpuRatio * 100,
  );
  gauge('orca_memory_usage_bytes', 'Resident set size of this process.', () => usage.memoryBytes);
  gauge(
    'orca_memory_usage_megabytes',
    'The same in megabytes of 1,000,000 bytes.',
    () => usage.memoryBytes / 1e6,
  );
  gauge(
    'orca_memory_limit_bytes',
    'What this process may use before an operator is told.',
    () => MEMORY_LIMIT_BYTES + MEMORY_LIMIT_BYTES_PER_THREAD * engine.threadStates.length,
  );
  new Counter({
    name: 'orca_node_call_failures_total',
    help: 'Failed calls to the Koii node.',
    labelNames: ['method'],
    registers,
    collect() {
      this.reset();
      for (const [method, failures] of nodeCallFailures) this.inc({ method }, failures);
    },
  });
  counter(
    'orca_uncaught_errors_total',
    'Rejections and exceptions that nothing caught.',
    () => uncaught.rejections + uncaught.exceptions,
  );
  counter(
    'orca_log_lines_dropped_total',
    'Lines of the log that nobody read in time, or that the disk had no room for.',
    droppedLines,
  );
  gauge('orca_rehearsal', '1 in a build for a rehearsal, which must not be deployed; else 0.', () =>
    Number(isRehearsal),
  );
  new Gauge({
    name: 'orca_build_info',
    help: 'What runs here; always 1.',
    labelNames: ['version', 'node', 'sdk'],
    registers,
  }).set({ version: packageJson.version, node: process.versions.node, sdk }, 1);
}

type Collected = (name: string, help: string, read: () => number) => void;

/** Adders of metrics whose values are kept elsewhere. Counters count from the start of the process. */
export function collectedIn(registers: Registry[]): { gauge: Collected; counter: Collected } {
  return {
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    counter(name, help, read) {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(read());
        },
      });
    },
  };
}
