import { Auditor } from './audit/auditor';
import { Seeds, type Chain } from './audit/seeds';
import { payoutProgramOf } from './bitcoin/address';
import { RpcBitcoinNetwork } from './bitcoin-node/rpc-bitcoin-network';
import { splitRpcUrls } from './bitcoin-node/rpc-url';
import { PROOF_RULES, type ProofRules } from './consensus';
import { History } from './history/history';
import { Metrics, type MetricsSources } from './metrics/metrics';
import { Engine, type EngineOptions, type EngineSetup } from './mining/engine';
import { Governor, type Allowance } from './mining/governor';
import { monotonicClock } from './process/clock';
import { usableCpus } from './process/cpus';
import { sparingly, type Log } from './process/log';
import { ProcessUsage } from './process/usage';
import { Bests } from './rounds/bests';
import { Blocks } from './rounds/blocks';
import { Miner } from './rounds/miner';
import { RemoteShares } from './rounds/remote-shares';
import { RoundKeeper } from './rounds/round-keeper';
import { RoundStore } from './rounds/round-store';
import { ShareIntake } from './rounds/share-intake';
import { ShareLog } from './rounds/share-log';
import { threadCount, type Config } from './settings/schema';
import type { Settings } from './settings/settings';
import type { KeyValueStore } from './store/store';
import { StratumServer } from './stratum/server';
import { BitcoinWork } from './work/bitcoin';
import type { BitcoinNetwork } from './work/bitcoin-network';
import type { Identity } from './work/identity';
import { Jobs } from './workers/jobs';
import { Workers } from './workers/workers';

/** What a node is made of: Koii's parts, or what stands in for them. */
export interface NodeOptions
  extends Pick<MetricsSources, 'sdk' | 'nodeCallFailures'>, Pick<EngineOptions, 'addonFolder'> {
  settings: Settings;
  log: Log;
  identity: Identity;
  store: KeyValueStore;
  chain: Chain;
  /** Instead of the Bitcoin nodes of the settings. */
  bitcoinNetwork?: BitcoinNetwork;
  /** What proofs are judged by, and coinbases pay; the built rules where it is missing. */
  rules?: ProofRules;
  /** Whether this is a build for a rehearsal (npm run rehearse). */
  isRehearsal?: boolean;
}

/** A mining node, wired together. */
export interface MiningNode {
  settings: Settings;
  rules: ProofRules;
  log: Log;
  engine: Engine;
  governor: Governor;
  miner: Miner;
  shares: ShareLog;
  intake: ShareIntake;
  /** The best shares of all time. */
  bests: Bests;
  /** The Bitcoin blocks found. */
  blocks: Blocks;
  /** Bitcoin's tips, and what is mined on them. */
  bitcoin: BitcoinWork;
  workers: Workers;
  jobs: Jobs;
  remoteShares: RemoteShares;
  /** Listens once it is opened. */
  stratum: StratumServer;
  roundStore: RoundStore;
  seeds: Seeds;
  auditor: Auditor;
  metrics: Metrics;
  usage: ProcessUsage;
  /** What the dashboard shows of the past. */
  history: History;
  /** Whether this is a build for a rehearsal. */
  isRehearsal: boolean;
}

export async function createNode(options: NodeOptions): Promise<MiningNode> {
  const {
    settings,
    log,
    identity,
    store,
    chain,
    rules = PROOF_RULES,
    sdk,
    nodeCallFailures,
    isRehearsal = false,
    addonFolder,
  } = options;
  const config = settings.current;
  let { MINING_THREADS: chosen } = config;
  warnOfThreads(chosen, log);
  const engine = new Engine({
    ...engineSetup(config),
    addonFolder,
    log: (level, message) => log[level](message),
  });
  const governor = new Governor(engine, { ...allowance(config), tell: (line) => log.info(line) });
  settings.onChange((changed) => {
    if (changed.MINING_THREADS !== chosen) warnOfThreads((chosen = changed.MINING_THREADS), log);
    apply(changed, { engine, governor, log });
  });
  const shares = await ShareLog.open(store, log);
  const workers = new Workers();
  const jobs = new Jobs(workers);
  const bests = await Bests.open(store, log);
  bests.follow();
  const network = options.bitcoinNetwork ?? bitcoinNetworkOf(config, rules, log);
  const blocks = await Blocks.open({ store, network, log });
  const bitcoin = createBitcoinWork(options, { network, blocks, rules });
  void bitcoin.follow();
  const intake = new ShareIntake({ identity, shares, bests, blocks, rules });
  const roundStore = new RoundStore(store, (record) => intake.restore(record), log);
  const miner = new Miner({
    identity,
    engine,
    intake,
    log,
    sources: bitcoin,
    rules,
    keeper: new RoundKeeper({ store: roundStore, shares, log }),
  });
  const remoteShares = new RemoteShares({ miner, intake, jobs, shares });
  const stratum = new StratumServer({ miner, intake, shares, workers, log });
  const seeds = new Seeds(identity.taskId, chain, store, log);
  const auditor = new Auditor(identity.taskId, seeds, identity.publicKey, rules);
  const usage = new ProcessUsage();
  const metrics = new Metrics({
    engine,
    miner,
    shares,
    workers,
    remoteShares,
    bests,
    blocks,
    bitcoin,
    network: rules.network,
    stratum,
    usage,
    nodeCallFailures,
    sdk,
    isRehearsal,
  });
  const history = await History.open({ engine, miner, shares, blocks, store, log });
  history.follow();
  return {
    settings,
    rules,
    log,
    engine,
    governor,
    miner,
    shares,
    intake,
    bests,
    blocks,
    bitcoin,
    workers,
    jobs,
    remoteShares,
    stratum,
    roundStore,
    seeds,
    auditor,
    metrics,
    usage,
    history,
    isRehearsal,
  };
}

/** Ends a node's mining, saves what it found and ends its threads. */
export async function stopNode({
  stratum,
  miner,
  bitcoin,
  blocks,
  shares,
  bests,
  engine,
}: Pick<
  MiningNode,
  'stratum' | 'miner' | 'bitcoin' | 'blocks' | 'shares' | 'bests' | 'engine'
>): Promise<void> {
  await stratum.close();
  await miner.pause();
  bitcoin.close();
  await blocks.close();
  await shares.flush();
  await bests.flush();
  await engine.close();
}

/** The Bitcoin nodes that the owner named; undefined if there are none. */
function bitcoinNetworkOf(
  { BITCOIN_RPC_URL: text, BITCOIN_COOKIE_FILE: cookieFile }: Config,
  { network }: ProofRules,
  log: Log,
): BitcoinNetwork | undefined {
  const urls = splitRpcUrls(text);
  if (urls.length === 0) return undefined;
  return new RpcBitcoinNetwork({ urls, cookieFile: cookieFile || undefined, network, log });
}

function createBitcoinWork(
  { settings, identity, log }: NodeOptions,
  of: { network: BitcoinNetwork | undefined; blocks: Blocks; rules: ProofRules },
): BitcoinWork {
  const { network, blocks, rules } = of;
  return new BitcoinWork({
    network,
    identity,
    rules,
    choice() {
      const { WORK_SOURCE: wanted, PAYOUT_ADDRESS: address } = settings.current;
      return {
        wanted,
        payout: address === '' ? undefined : payoutProgramOf(address, rules.network),
      };
    },
    now: () => monotonicClock.now(),
    until: (atMs, signal) => monotonicClock.until(atMs, signal),
    onTip: ({ segment }) => {
      log.info(`Bitcoin's tip is at height ${segment.height - 1}`);
      blocks.chainIsAt(segment.height);
    },
    onRefusal: ({ reason, height }) =>
      log.error(
        `the Bitcoin node would refuse our block at height ${height}: ${reason}; from the next round on the work is koii's`,
      ),
    onFallback: (why) => {
      const level = settings.current.WORK_SOURCE === 'bitcoin' ? 'warn' : 'info';
      log[level](`the task's own headers are mined, not Bitcoin blocks: ${why}`);
    },
    onFault: sparingly((_times, error: unknown) =>
      log.error({ error }, "following Bitcoin's tips failed, and goes on"),
    ),
  });
}

/** Applies the settings that take effect while the node runs. MINING_SECONDS is read when a round begins. */
function apply(config: Config, node: Pick<MiningNode, 'engine' | 'governor' | 'log'>): void {
  const { engine, governor, log } = node;
  engine.configure(engineSetup(config));
  governor.configure(allowance(config));
  log.level = config.LOG_LEVEL;
}

function allowance({ MINING_INTENSITY, MINING_SCHEDULE }: Config): Allowance {
  return { intensity: MINING_INTENSITY, schedule: MINING_SCHEDULE };
}

function engineSetup(config: Config): EngineSetup {
  return { threads: threadCount(config), backend: config.MINING_BACKEND };
}

/** Only warns: the owner may have a reason. */
function warnOfThreads(chosen: number, log: Log): void {
  const cpus = usableCpus();
  if (chosen <= cpus) return;
  const most = `what this process may use (processors: ${Number(cpus.toFixed(2))})`;
  log.warn(`MINING_THREADS ${chosen} is more than ${most}: its threads wait for each other`);
}
