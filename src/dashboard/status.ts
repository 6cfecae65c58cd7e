import { difficultyOf } from '../bitcoin/target';
import { WORK_SOURCE } from '../consensus';
import { health, miningState } from '../http/routes/healthz';
import { BACKENDS } from '../mining/kernels/kernel';
import type { MiningNode } from '../node';
import { relativeError } from '../proof/shares';
import type { RoundTimes } from '../rounds/round-clock';
import type { LoggedShare } from '../rounds/share-batches';
import { RECENT_SHARES } from '../rounds/share-log';
import type { BackendStatus, RoundStatus, ShareLine, Status } from './update';

const MAX_WORKERS_LISTED = 50;

/** The node's state now. @param times of the round being mined, if known */
export function statusOf(node: MiningNode, times: RoundTimes | undefined): Status {
  const { engine, governor, miner, metrics, shares, workers, usage } = node;
  const { components } = health(miner, metrics);
  const { valid, invalid } = shares.statistics;
  const known = workers.list(miner.lastRound?.number);
  const { until, schedule } = governor.standing;
  const { clock } = schedule;
  return {
    now: Date.now(),
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
    round: roundOf(node),
    times: times ?? null,
    shares: { valid, invalid, conflicts: shares.sinceStart.conflicts },
    verdicts: verdictsOf(shares.recent(RECENT_SHARES)),
    workers: { known: known.length, list: known.slice(0, MAX_WORKERS_LISTED) },
  };
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
    relativeError: shares.length === 0 ? null : relativeError(WORK_SOURCE.koii, shares.length),
    entryDifficulty: difficultyOf(round.entryTarget),
    bestDifficulty: shares[0] ? difficultyOf(shares[0].hashValue) : 0,
    validShares: round.validShares,
    invalidShares: round.invalidShares,
    isMined: miner.miningRound === round.number,
    msLeft: msLeft === undefined || !Number.isFinite(msLeft) ? null : msLeft,
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
