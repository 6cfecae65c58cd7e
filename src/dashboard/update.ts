import type { AuditEntry } from '../history/history';
import type { Find } from '../history/journal';
import type { RewardRow } from '../history/rewards';
import type { SampleTuple } from '../history/samples';
import type { BitcoinState, FoundBlockState } from '../http/routes/bitcoin';
import type { MiningState } from '../http/routes/healthz';
import type { ListAnswer, SubmitterAnswer } from '../http/network-answer';
import type { NetworkAnswer } from '../http/routes/network';
import type { RoundTimes } from '../rounds/round-clock';

// What the page is told: types only, shared with the browser.

export type {
  BitcoinState,
  FoundBlockState,
  ListAnswer,
  NetworkAnswer,
  RewardRow,
  SubmitterAnswer,
};

/** What doesn't change while the process runs. */
export interface About {
  submitter: string;
  taskId: string;
  version: string;
}

export interface RoundStatus {
  number: number;
  closed: boolean;
  hashesDone: number;
  hashesProven: number;
  /** Shares in the proof, 0..K. */
  shares: number;
  /** Relative error of the estimate; null while there is none. */
  relativeError: number | null;
  /** Difficulty a share needs to enter the K best. */
  entryDifficulty: number;
  bestDifficulty: number;
  validShares: number;
  invalidShares: number;
  /** Whether its mining has begun and not ended, even while paused or resting. */
  isMined: boolean;
  /** Until mining ends; null between rounds, or if only the next round ends it. */
  msLeft: number | null;
}

/** How much of the machine the process uses. */
export interface UsageStatus {
  /** CPU seconds per second; 1 is one core. */
  cpuRatio: number;
  memoryBytes: number;
  uptimeS: number;
}

export interface ThreadStatus {
  backend: string | null;
  hashrateHps: number;
  failed: boolean;
}

export interface BackendStatus {
  name: string;
  /** Threads that run on it. */
  threads: number;
  /** Why it has no threads; empty if it has some. */
  reason: string;
}

/** The best share that the node ever took in. */
export interface BestStatus {
  difficulty: number;
  round: number;
  worker: string;
  /** When it came, ms since 1970. */
  at: number;
}

/** A remote worker. */
export interface WorkerLine {
  id: string;
  /** How its miner calls itself; empty if it doesn't. */
  agent: string;
  /** By its shares of the last half minute. */
  hashrateHps: number;
  /** By its shares of the round. */
  roundHashrateHps: number;
  /** Of its newest work; null before. */
  difficulty: number | null;
  /** Shares since the process started. */
  accepted: number;
  /** Such shares by reason, those there were. */
  rejected: Record<string, number>;
  /** Of its shares of the round; null without one. */
  roundBest: number | null;
  /** Of all its shares, in earlier processes too, as far as remembered. */
  best: number | null;
  /** Since its last accepted share; null without one. */
  sinceShareMs: number | null;
  /** Since it was last heard from. */
  idleMs: number;
}

/** Where miners connect; `off`: the owner chose so, `failed`: it could not listen. */
export type StratumStatus =
  | { state: 'off' }
  | { state: 'failed' }
  | {
      state: 'open';
      /** Such as "stratum+tcp://192.168.1.5:3333". */
      url: string;
      /** What miners of the local network could use if they were let in; null when they are, or there is none. */
      lanUrl: string | null;
      /** Whether no other machine can connect. */
      isLocal: boolean;
      hasPassword: boolean;
      connections: number;
    };

/** What the node earns, by its own lists and the chain. Amounts are in ROE; null is not known. */
export interface EarningsStatus {
  /** Paid rounds of the year, and when the first of them was counted, ms since 1970; null while they are being read. */
  total: { roe: number; rounds: number; since: number | null } | null;
  /** Paid rounds of the day, in UTC. */
  today: { roe: number; rounds: number };
  /** The rounds that the next figures come from: the newest known ones; null without any. */
  rounds: { first: number; last: number; count: number } | null;
  /** At the rate of those rounds, as paid, or as listed while they are open. */
  perDayRoe: number | null;
  /** This node's part of the hashes proven in them, 0..1. */
  networkShare: number | null;
  /**
   * Of the whole round being mined, if this node goes on as so far, and others prove as much as in those rounds. The
   * error is of the hashes proven so far; null before any, and while the end of the round's mining is not known.
   */
  expected: { roe: number; relativeError: number } | null;
  /** What the chain holds of this node's account; null before it is known. */
  account: {
    stakeRoe: number | null;
    minimumStakeRoe: number | null;
    claimableRoe: number | null;
  } | null;
}

export interface Status {
  /** The node's clock, ms since 1970. */
  now: number;
  state: MiningState['state'];
  /** When the schedule next starts or ends mining, as the time of day in its zone; null if it doesn't. */
  until: { time: string; zone: string } | null;
  /** Components that don't work properly. */
  faults: string[];
  intensity: number;
  hashrateHps: number;
  threads: ThreadStatus[];
  backends: BackendStatus[];
  usage: UsageStatus;
  targetDifficulty: number;
  /** Shares in a full proof of the round's work source. */
  k: number;
  round: RoundStatus | null;
  /** Null where rounds aren't on a chain. */
  earnings: EarningsStatus | null;
  times: RoundTimes | null;
  shares: { valid: number; invalid: number; conflicts: number };
  /** Of the newest `of` shares: those that entered the K best, other valid ones, and rejected ones by reason. */
  verdicts: { of: number; best: number; valid: number; rejected: Record<string, number> };
  best: BestStatus | null;
  stratum: StratumStatus;
  /** As GET /bitcoin answers it, with the newest 3 of the blocks. */
  bitcoin: BitcoinState;
  /** Whether the owner set anything that has to do with it, or a block was ever found. */
  wantsBitcoin: boolean;
  /** How many blocks are remembered. */
  blocksFound: number;
  /** The list by name: of those known, with shares first and then last heard from, at most 50. */
  workers: { known: number; list: WorkerLine[] };
}

export interface ShareLine {
  at: number;
  round: number;
  worker: string;
  difficulty: number;
  best: boolean;
  /** Why it was rejected; null if it is valid. */
  reason: string | null;
}

/** What happened since the previous update; the first one has everything. */
export interface Update {
  /** Whether the page starts afresh: it knows nothing of this process, or what it was told is no longer true. */
  reset: boolean;
  /** Whether this connection may use the controls. */
  controls: boolean;
  /** For a page that knows nothing of this process. */
  about?: About;
  status: Status;
  samples: SampleTuple[];
  /** Shares of the round in `findsRound`. */
  findsRound: number;
  finds: Find[];
  /** The latest shares, newest first; absent if there is no new one. */
  recent?: ShareLine[];
  audits: AuditEntry[];
  rewards: RewardRow[];
}
