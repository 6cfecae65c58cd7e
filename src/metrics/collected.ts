import { Counter, Gauge, type Registry } from 'prom-client';
import packageJson from '../../package.json';
import { difficultyOf } from '../bitcoin/target';
import type { Engine } from '../mining/engine';
import { uncaught } from '../process/exit';
import { droppedLines } from '../process/output';
import type { ProcessUsage } from '../process/usage';
import type { Miner } from '../rounds/miner';
import type { RemoteShares } from '../rounds/remote-shares';
import type { ShareLog } from '../rounds/share-log';
import type { Workers } from '../workers/workers';

interface Described {
  name: string;
  help: string;
  registers: Registry[];
}

/** A gauge whose value is read when Prometheus asks. */
function collectedGauge(description: Described, read: () => number): void {
  new Gauge({
    ...description,
    collect() {
      this.set(read());
    },
  });
}

/** A counter that is kept elsewhere and read when Prometheus asks; it starts with the process. */
function collectedCounter(description: Described, read: () => number): void {
  new Counter({
    ...description,
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

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

/**
 * What the process may use before an operator is told, and what each mining thread adds. Measured, with any backend:
 * 92 to 110 MB with one thread, 8 to 10 for each more on Node 20, 10 to 12 on 18.12. The rest is for large rounds.
 */
const MEMORY_LIMIT_BYTES = 384 * 2 ** 20;
const MEMORY_LIMIT_BYTES_PER_THREAD = 16 * 2 ** 20;

/** The process, its build and its calls to the Koii node. */
export function addProcessMetrics(
  registers: Registry[],
  {
    engine,
    usage,
    nodeCallFailures,
    sdk,
  }: {
    engine: Engine;
    usage: ProcessUsage;
    nodeCallFailures: ReadonlyMap<string, number>;
    sdk: string;
  },
): void {
  collectedGauge(
    {
      name: 'orca_cpu_usage_ratio',
      help: 'CPU time of this process per second of one core, over the last 15 seconds; 1 is one core.',
      registers,
    },
    () => usage.cpuRatio,
  );
  collectedGauge(
    {
      name: 'orca_cpu_usage_percent',
      help: 'The same in percent; 100 is one core.',
      registers,
    },
    () => usage.cpuRatio * 100,
  );
  collectedGauge(
    { name: 'orca_memory_usage_bytes', help: 'Resident set size of this process.', registers },
    () => usage.memoryBytes,
  );
  collectedGauge(
    {
      name: 'orca_memory_usage_megabytes',
      help: 'The same in megabytes of 1,000,000 bytes.',
      registers,
    },
    () => usage.memoryBytes / 1e6,
  );
  collectedGauge(
    {
      name: 'orca_memory_limit_bytes',
      help: 'What this process may use before an operator is told.',
      registers,
    },
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
  collectedCounter(
    {
      name: 'orca_uncaught_errors_total',
      help: 'Rejections and exceptions that nothing caught.',
      registers,
    },
    () => uncaught.rejections + uncaught.exceptions,
  );
  collectedCounter(
    {
      name: 'orca_log_lines_dropped_total',
      help: 'Lines of the log that nobody read in time, or that the disk had no room for.',
      registers,
    },
    droppedLines,
  );
  new Gauge({
    name: 'orca_build_info',
    help: 'What runs here; always 1.',
    labelNames: ['version', 'node', 'sdk'],
    registers,
  }).set({ version: packageJson.version, node: process.versions.node, sdk }, 1);
}
