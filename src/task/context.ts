import { loadConfig, threadCount, type Config } from '../config';
import { Metrics } from '../http/metrics/metrics';
import type { Services } from '../http/services';
import { chain } from '../koii/chain';
import { loadIdentity } from '../koii/identity';
import { nodeCallFailures } from '../koii/node-call';
import { store } from '../koii/store';
import { createLog, type Log } from '../log';
import { Engine } from '../mining/engine';
import { Governor } from '../mining/governor';
import { Auditor } from '../rounds/auditor';
import { Miner } from '../rounds/miner';
import { RoundStore } from '../rounds/round-store';
import { ShareLog } from '../rounds/share-log';
import { Seeds } from '../rounds/seeds';
import { ShareIntake } from '../workers/share-intake';
import { Workers } from '../workers/workers';

/** Everything the lifecycle functions call, wired together once. */
export interface TaskContext {
  config: Config;
  log: Log;
  engine: Engine;
  governor: Governor;
  miner: Miner;
  seeds: Seeds;
  auditor: Auditor;
  metrics: Metrics;
  /** What the HTTP API serves. */
  services: Services;
}

let context: Promise<TaskContext> | undefined;

/** The context of this process, made by the first call. */
export function taskContext(): Promise<TaskContext> {
  context ??= createContext();
  return context;
}

async function createContext(): Promise<TaskContext> {
  const config = loadConfig(process.env);
  const log = createLog(config.LOG_LEVEL);
  const identity = await loadIdentity();
  const engine = new Engine({
    threads: threadCount(config),
    backend: config.MINING_BACKEND,
    log: (level, message) => log[level](message),
  });
  const governor = new Governor(engine, config.MINING_INTENSITY, config.MINING_SCHEDULE);
  const shares = await ShareLog.open(store, log);
  const rounds = new RoundStore(store, identity, log);
  const miner = new Miner({ identity, engine, store: rounds, shares, log });
  const workers = new Workers();
  const intake = new ShareIntake({ miner, workers, shares });
  const seeds = new Seeds(identity.taskId, chain, store, log);
  const auditor = new Auditor(identity.taskId, seeds);
  const metrics = new Metrics({
    ...{ engine, miner, shares, workers, intake, nodeCallFailures },
    sdk: 'koii',
  });
  const services: Services = {
    ...{ miner, workers, intake, shares, metrics, log },
    audit: (round, submitted) => auditor.audit(round, submitted),
    rounds: undefined,
  };
  return { config, log, engine, governor, miner, seeds, auditor, metrics, services };
}
