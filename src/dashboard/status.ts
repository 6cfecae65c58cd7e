import { difficultyOf } from '../bitcoin/target';
import { K, WORK_SOURCE } from '../consensus';
import { isAllAddresses, isOwnMachine, lanAddress, reachableName } from '../http/addresses';
import { bitcoinState } from '../http/routes/bitcoin';
import { health, miningState } from '../http/routes/healthz';
import { difficultyOrNull } from '../http/routes/workers';
import { BACKENDS } from '../mining/kernels/kernel';
import type { MiningNode } from '../node';
import { relativeError } from '../proof/shares';
import type { RoundTimes } from '../rounds/round-clock';
import type { LoggedShare } from '../rounds/share-batches';
import { RECENT_SHARES } from '../rounds/share-log';
import type { Settings } from '../settings/settings';
import { stratumUrl, type StratumServer } from '../stratum/server';
import type { WorkerState } from '../workers/workers';
import { earningsOf, type AccountState } from './earnings';
import type {
  BackendStatus,
  BestStatus,
  BitcoinState,
  RoundStatus,
  ShareLine,
  Status,
  StratumStatus,
  WorkerLine,
} from './update';

const MAX_WORKERS_LISTED = 50;
const MAX_BLOCKS_SHOWN = 3;

/**
 * The node's state now.
 * @param times of the round being mined, if known
 * @param account on the chain, if known
 * @param hasChain whether there is anything to earn
 */
export function statusOf(
  node: MiningNode,
  times: RoundTimes | undefined,
  account?: AccountState,
  hasChain = false,
): Status {
  const { engine, governor, miner, metrics, shares, usage } = node;
  const { components } = health(miner, metrics);
  const { valid, invalid } = shares.statistics;
  const { until, schedule } = governor.standing;
  const { clock } = schedule;
  const now = Date.now();
  const bitcoin = bitcoinState(node, now);
  return {
    now,
    state: miningState(miner, governor).state,
    until: until ? { time: clock.timeOf(until), zone: clock.zone } : null,
    faults: Object.entries(components)
      .filter(([, works]) => !works)
      .map(([name]) => name.replace('_', ' ')),
    intensity: governor.intensity,
    hashrateHps: engine.hashrateHps,
    threads: engine.threadStates.map(({ backend, hashrateHps, failed }) => ({
      backend: backend ?? null,
      hashrateHps,
      failed,
    })),
    usage: {
      cpuRatio: usage.cpuRatio,
      memoryBytes: usage.memoryBytes,
      uptimeS: usage.uptimeS,
    },
    backends: backendsOf(engine.threadStates, engine.requestedBackend),
    targetDifficulty: difficultyOf(miner.shareTarget),
    k: K[miner.lastRound?.origin.source ?? WORK_SOURCE.koii],
    round: roundOf(node),
    earnings: hasChain ? earningsOf(node, account, now) : null,
    times: times ?? null,
    shares: { valid, invalid, conflicts: shares.sinceStart.conflicts },
    verdicts: verdictsOf(shares.recent(RECENT_SHARES)),
    best: bestOf(node),
    stratum: stratumOf(node),
    bitcoin: { ...bitcoin, blocks: bitcoin.blocks.slice(0, MAX_BLOCKS_SHOWN) },
    wantsBitcoin: wantsBitcoin(bitcoin),
    blocksFound: bitcoin.blocks.length,
    workers: workersOf(node),
  };
}

/** Whether the owner set anything that has to do with Bitcoin, or a block was ever found. */
export function wantsBitcoin({ wanted, nodes, payout, blocks }: BitcoinState): boolean {
  return wanted === 'bitcoin' || nodes.length > 0 || payout !== null || blocks.length > 0;
}

/** A logged share as the page lists it. */
export function shareLine(share: LoggedShare): ShareLine {
  const { at, round, workerId, hash, attempt, best, reason } = share;
  return {
    at,
    round,
    worker: workerId,
    best,
    // A hash without the attempt that gives it proves nothing.
    difficulty: attempt ? difficultyOf(BigInt(`0x${hash}`)) : 0,
    reason: reason ?? null,
  };
}

function verdictsOf(recent: readonly LoggedShare[]): Status['verdicts'] {
  const verdicts: Status['verdicts'] = { of: recent.length, best: 0, valid: 0, rejected: {} };
  for (const { reason, best } of recent) {
    if (reason !== undefined) verdicts.rejected[reason] = (verdicts.rejected[reason] ?? 0) + 1;
    else if (best) verdicts.best++;
    else verdicts.valid++;
  }
  return verdicts;
}

function roundOf({ miner }: MiningNode): RoundStatus | null {
  const round = miner.lastRound;
  if (!round) return null;
  const { msLeft } = miner;
  const { shares } = round;
  return {
    number: round.number,
    closed: round.closed,
    hashesDone: round.hashes,
    hashesProven: Number(round.estimatedHashes),
    shares: shares.length,
    relativeError: shares.length === 0 ? null : relativeError(round.origin.source, shares.length),
    entryDifficulty: difficultyOf(round.entryTarget),
    bestDifficulty: shares[0] ? difficultyOf(shares[0].hashValue) : 0,
    validShares: round.validShares,
    invalidShares: round.invalidShares,
    isMined: miner.miningRound === round.number,
    msLeft: msLeft === undefined || !Number.isFinite(msLeft) ? null : msLeft,
  };
}

function bestOf({ bests }: MiningNode): BestStatus | null {
  if (!bests.ofNode) return null;
  const { hashValue, round, workerId, at } = bests.ofNode;
  return { difficulty: difficultyOf(hashValue), round, worker: workerId, at };
}

interface StratumNode {
  stratum: Pick<StratumServer, 'address' | 'size'>;
  settings: Pick<Settings, 'current'>;
}

/** @param lan this machine's address in the local network; null when it is in none */
export function stratumOf(
  { stratum, settings }: StratumNode,
  lan = lanAddress() ?? null,
): StratumStatus {
  const { address, size } = stratum;
  const { STRATUM_PORT, STRATUM_PASSWORD } = settings.current;
  if (!address) return { state: STRATUM_PORT === 0 ? 'off' : 'failed' };
  const { host } = address;
  const isLocal = isOwnMachine(host);
  const shown = isAllAddresses(host) ? (lan ?? reachableName(host)) : host;
  const urlAt = (name: string): string => stratumUrl({ ...address, host: name });
  return {
    state: 'open',
    url: urlAt(shown),
    lanUrl: isLocal && lan !== null ? urlAt(lan) : null,
    isLocal,
    hasPassword: STRATUM_PASSWORD !== '',
    connections: size,
  };
}

function workersOf({ workers, miner, bests }: MiningNode): Status['workers'] {
  const known = workers.list(miner.lastRound?.number);
  const list = known
    .slice(0, MAX_WORKERS_LISTED)
    .map((worker) => workerLine(worker, bests.ofWorker(worker.id)))
    // By name, so that lines stay where they are.
    .sort((a, b) => BY_NAME.compare(a.id, b.id));
  return { known: known.length, list };
}

/** rig9 before rig10 */
const BY_NAME = new Intl.Collator('en', { numeric: true });

/** @param best the lowest hash value that the worker ever had */
function workerLine(worker: WorkerState, best: bigint | undefined): WorkerLine {
  const { id, agent, hashrateHps, roundHashrateHps, accepted, sinceShareMs, idleMs } = worker;
  return {
    id,
    agent,
    hashrateHps,
    roundHashrateHps,
    difficulty: difficultyOrNull(worker.target),
    accepted,
    rejected: Object.fromEntries(worker.rejected),
    roundBest: difficultyOrNull(worker.roundBest),
    best: difficultyOrNull(best),
    sinceShareMs,
    idleMs,
  };
}

function backendsOf(
  threads: MiningNode['engine']['threadStates'],
  asked: MiningNode['engine']['requestedBackend'],
): BackendStatus[] {
  const used = threads.map(({ backend }) => backend);
  const first = BACKENDS.findIndex((name) => used.includes(name));
  return BACKENDS.map((name, place) => {
    const count = used.filter((backend) => backend === name).length;
    const notes = new Set(threads.flatMap((thread) => thread.notes));
    const faults = [...notes].filter((note) => note.startsWith(`${name} `));
    const reason = (): string => {
      if (faults.length > 0) return faults.join('; ');
      if (asked !== 'auto' && asked !== name) return `MINING_BACKEND asks for ${asked}`;
      if (first < 0) return 'no thread is up yet';
      return place > first ? `${BACKENDS[first]} is expected to be faster` : 'not tried';
    };
    return { name, threads: count, reason: count > 0 ? '' : reason() };
  });
}
