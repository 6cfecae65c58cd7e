import bs58 from 'bs58';
import { threadCount, type Config } from './config';
import { Metrics, type MetricsSources } from './http/metrics/metrics';
import type { Services } from './http/services';
import { nodeCallFailures } from './koii/node-call';
import { History } from './history/history';
import type { Log } from './log';
import { Engine } from './mining/engine';
import { Governor } from './mining/governor';
import { Auditor } from './rounds/auditor';
import type { KeyValueStore } from './rounds/key-value-store';
import { Miner } from './rounds/miner';
import type { Identity } from './rounds/round';
import { RoundStore } from './rounds/round-store';
import { Seeds, type Chain } from './rounds/seeds';
import { ShareLog } from './rounds/share-log';
import { ShareIntake } from './workers/share-intake';
import { Workers } from './workers/workers';

/** What a node stands on: Koii, or what takes its place. */
export interface Ground extends Pick<MetricsSources, 'sdk'> {
  config: Config;
  log: Log;
  identity: Identity;
  store: KeyValueStore;
  chain: Chain;
}

/** A mining node, wired together. */
export interface MiningNode {
  config: Config;
  log: Log;
  engine: Engine;
  governor: Governor;
  miner: Miner;
  roundStore: RoundStore;
  seeds: Seeds;
  auditor: Auditor;
  metrics: Metrics;
  /** For people to look at. */
  history: History;
  /** What the HTTP API serves. */
  services: Services;
}

export async function createNode(ground: Ground): Promise<MiningNode> {
  const { config, log, identity, store, chain, sdk } = ground;
  const engine = new Engine({
    threads: threadCount(config),
    backend: config.MINING_BACKEND,
    log: (level, message) => log[level](message),
  });
  const governor = new Governor(engine, config.MINING_INTENSITY, config.MINING_SCHEDULE);
  const shares = await ShareLog.open(store, log);
  const roundStore = new RoundStore(store, identity, log);
  const miner = new Miner({ identity, engine, store: roundStore, shares, log });
  const workers = new Workers();
  const intake = new ShareIntake({ miner, workers, shares });
  const seeds = new Seeds(identity.taskId, chain, store, log);
  const auditor = new Auditor(identity.taskId, seeds, bs58.encode(identity.submitter));
  const metrics = new Metrics({
    ...{ engine, miner, shares, workers, intake },
    ...{ nodeCallFailures, sdk },
  });
  const history = await History.open({ engine, miner, shares, store, log });
  history.follow();
  const services: Services = {
    ...{ miner, workers, intake, shares, metrics, log },
    audit: (round, submitted) => auditor.audit(round, submitted),
    rounds: undefined,
  };
  return {
    ...{ config, log, engine, governor, miner, roundStore },
    ...{ seeds, auditor, metrics, history, services },
  };
}
