import { displayHash, reversedHashValue } from '../bitcoin/target';
import type { CoinbaseRules } from '../consensus';
import { shareOf, type Share } from '../proof/shares';
import type { Attempt } from '../work/attempt';
import type { Identity } from '../work/identity';
import type { Job } from '../workers/jobs';
import type { Bests } from './bests';
import type { Blocks } from './blocks';
import { KnownShares, type KnownShare, type Rolled } from './known-shares';
import { Round } from './round';
import type { RoundKeeper } from './round-keeper';
import { fromPacked, type RoundRecord } from './round-record';
import { LOCAL_WORKER, type JudgedShare, type LoggedShare } from './share-batches';
import type { ShareLog } from './share-log';

/** An attempt found on a job, yet to be judged. */
export interface FoundShare {
  job: Job;
  attempt: Attempt;
  /** Who found it: a remote worker's id, or LOCAL_WORKER. */
  workerId: string;
  /** That worker's own id for it: 1 to 64 of A-Z a-z 0-9 . _ : @ - */
  submissionId: string;
  /** The header hash that the worker claims. */
  claimedHash?: bigint;
  /**
   * Which accepted shares are to be in the store before its finder is told: none, those that may still enter the
   * proof, or all of them.
   */
  storeFirst: 'none' | 'entering' | 'all';
  /** Credits the finder with it once it is accepted. */
  credit?: (share: Share) => void;
}

/** What was found on a job whose round or segment takes no more shares. */
export type LateShare = Pick<FoundShare, 'job' | 'attempt' | 'workerId'> & { claimedHash: bigint };

/** Why something is not a share. */
export type Rejection =
  'wrong_height' | 'wrong_difficulty' | 'incomplete_proof' | 'wrong_hash' | 'above_target';

export type ShareOutcome =
  | {
      outcome: 'accepted';
      share: Share;
      /** Whether it is one of the K lowest of its segment. */
      best: boolean;
      /**
       * Undefined when its finder may be told at once; else resolves once a kill can't lose it, and rejects when it
       * could not be stored.
       */
      stored: Promise<void> | undefined;
    }
  /** isReversed: it would be right if the bytes of its hash were reversed */
  | { outcome: 'rejected'; reason: Rejection; isReversed: boolean }
  | { outcome: 'conflict'; reason: 'duplicate_share' | 'round_over' };

/**
 * Shares are taken of the round that is mined and, until its proof is closed, of the one before. The accepted ones of
 * both are remembered: a worker may repeat one that it got no answer to.
 */
const OPEN_ROUNDS = 2;

/** Saves the round whose shares are taken. */
export type ShareKeeper = Pick<RoundKeeper, 'saveSoon' | 'save' | 'store'>;

interface OpenedRound {
  round: Round;
  keeper: ShareKeeper;
  onBest: () => void;
  /** Its segments on their way into the store. */
  storing: Promise<void> | undefined;
}

export interface ShareIntakeOptions {
  identity: Identity;
  shares: ShareLog;
  bests: Bests;
  /** Takes the blocks among what is found, before it is judged as a share. */
  blocks?: Pick<Blocks, 'found'> | undefined;
  /** What coinbases pay; the built rules where it is missing. */
  rules?: CoinbaseRules | undefined;
}

/**
 * The one door for shares, whoever found them. Nothing else hashes a share of this node, lets it into a round, logs or
 * counts it. What an earlier process took in comes back through it too.
 */
export class ShareIntake {
  /** By round number, the one opened last behind the other. */
  private readonly opened = new Map<number, OpenedRound>();
  /** Of the rounds opened last, also when they are closed. */
  private readonly known = new Map<number, KnownShares>();

  constructor(private readonly options: ShareIntakeOptions) {}

  /**
   * Takes shares of this round from now on, and of no others but the one opened before it.
   * @param onBest called when a share is among the K lowest of its segment
   */
  open(round: Round, keeper: ShareKeeper, onBest: () => void): void {
    putLast(this.known, round.number, this.knownOf(round.number));
    const dropped = putLast(this.opened, round.number, {
      round,
      keeper,
      onBest,
      storing: undefined,
    });
    // Whoever closes it later reads it from the store.
    if (dropped?.round.hasUnstoredShare) void dropped.keeper.save(dropped.round);
  }

  /** A round whose shares are taken. */
  openRound(round: number): Round | undefined {
    return this.opened.get(round)?.round;
  }

  /** Takes no more shares of a round. */
  close(round: Round): void {
    if (this.openRound(round.number) === round) this.opened.delete(round.number);
  }

  /** The share of a round accepted earlier with this hash, if `rolled` is what produced it. */
  earlier(round: number, hashValue: bigint, rolled: Rolled): KnownShare | undefined {
    return this.knownOf(round).find(hashValue, rolled);
  }

  /** Hashes what was found once, then judges, admits, logs and counts it. Never waits. */
  take({ job, attempt, workerId, submissionId, claimedHash, ...found }: FoundShare): ShareOutcome {
    const opened = this.opened.get(job.round);
    // Another template: the round was begun anew, on another seed, or the segment was dropped.
    const isOpen = opened?.round.templates[job.segment] === job.template;
    // Too late for a share may be in time for a block.
    if (!isOpen && job.template.blockTarget === undefined) return conflict('round_over');
    const share = shareOf(job.template, attempt, job.segment);
    this.takeBlock(job, share, workerId);
    if (!isOpen) return conflict('round_over');
    const { round, keeper, onBest } = opened;
    const { hashValue, segment } = share;
    if (claimedHash !== undefined && hashValue !== claimedHash) {
      const isReversed = reversedHashValue(claimedHash) === hashValue;
      const from = { workerId, submissionId, hashValue: claimedHash };
      return this.refuse(round, from, 'wrong_hash', { isReversed });
    }
    if (hashValue > job.target) {
      return this.refuse(round, { workerId, submissionId, hashValue }, 'above_target', { share });
    }
    const known = this.knownOf(round.number);
    const mayEnter = round.mayEnter(share);
    const admission = known.has(hashValue) ? 'duplicate' : round.admit(share);
    if (admission === 'duplicate') return conflict('duplicate_share');
    const best = admission === 'best';
    known.add({ workerId, submissionId, hashValue, rolled: attempt, best });
    this.options.bests.note({ workerId, hashValue, round: round.number });
    found.credit?.(share);
    const logged = {
      round: round.number,
      workerId,
      submissionId,
      best,
      hash: displayHash(hashValue),
      attempt,
      segment,
    };
    const isAwaited = found.storeFirst === 'all' || (found.storeFirst === 'entering' && mayEnter);
    const stored = isAwaited ? this.keep(opened, share, logged, found.storeFirst) : undefined;
    if (!isAwaited) this.options.shares.note(logged);
    if (best) onBest();
    if (best || found.storeFirst === 'entering') keeper.saveSoon();
    return { outcome: 'accepted', share, best, stored };
  }

  /** Takes what came too late to be a share, but may be a block. Hashes it only if its finder claims a block's hash. */
  takeLate({ job, attempt, workerId, claimedHash }: LateShare): void {
    const { blockTarget = -1n } = job.template;
    if (claimedHash <= blockTarget) this.takeBlock(job, shareOf(job.template, attempt), workerId);
  }

  /**
   * Logs and counts something that is not a share.
   * @param from its hashValue is the real hash, or the claimed one when nothing was shown that gives it
   * @param share what was shown, if it has this hash
   */
  refuse(
    round: Round,
    from: { workerId: string; submissionId: string; hashValue: bigint },
    reason: Rejection,
    { share, isReversed = false }: { share?: Share; isReversed?: boolean } = {},
  ): Extract<ShareOutcome, { outcome: 'rejected' }> {
    const { workerId, submissionId, hashValue } = from;
    round.reject();
    this.options.shares.note({
      round: round.number,
      workerId,
      submissionId,
      best: false,
      reason,
      hash: displayHash(hashValue),
      ...(share && { attempt: share, segment: share.segment }),
    });
    return { outcome: 'rejected', reason, isReversed };
  }

  /**
   * Restores a round from its record and from what was logged after that was written. Everything is hashed again, so
   * neither can claim more than it holds.
   * @returns undefined when it was mined for another account
   * @throws RangeError when the record is garbage
   */
  restore(record: RoundRecord): Round | undefined {
    const { identity, shares, rules } = this.options;
    const round = Round.restore(identity, record, rules);
    if (!round) return undefined;
    const { templates } = round;
    for (const { index, shares: packed } of record.segments) {
      for (const each of packed) {
        round.enter(shareOf(templates[index]!, fromPacked(each), index));
      }
    }
    shares.goOnAbove(round.countedUntil);
    for (const logged of shares.restoredOf(round.number)) {
      if (logged.place > round.countedUntil) replay(round, logged);
    }
    return round;
  }

  /** Resolves once a kill can't lose any share accepted from a worker. @throws while the store takes no writes */
  async settle(): Promise<void> {
    await this.options.shares.settle();
    for (const opened of this.opened.values()) await storeSegments(opened);
  }

  private takeBlock({ round, template }: Job, share: Share, workerId: string): void {
    const { hashValue } = share;
    if (template.blockTarget === undefined || hashValue > template.blockTarget) return;
    this.options.blocks?.found({ round, template, attempt: share, hashValue, workerId });
  }

  /** Logs a share. Resolves when a later process will find it. */
  private async keep(
    opened: OpenedRound,
    share: Share,
    logged: JudgedShare,
    which: FoundShare['storeFirst'],
  ): Promise<void> {
    const { shares } = this.options;
    // Those that have to be stored all the same come one at a time, and whoever sent one waits for it.
    await (which === 'all' ? shares.keep(logged) : shares.keepTogether(logged));
    await storeSegments(opened);
    opened.round.storedShare(share);
  }

  private knownOf(round: number): KnownShares {
    const existing = this.known.get(round);
    if (existing) return existing;
    // Not remembered: asking for an old round must not push out one of the last.
    const known = new KnownShares();
    for (const logged of this.options.shares.restoredOf(round)) {
      const { submissionId, workerId, attempt, hash, best, reason } = logged;
      if (reason !== undefined || !attempt) continue;
      known.add({ submissionId, workerId, hashValue: BigInt(`0x${hash}`), rolled: attempt, best });
    }
    return known;
  }
}

/** Puts a round behind the others. @returns what was dropped, so that OPEN_ROUNDS are left */
function putLast<T>(byRound: Map<number, T>, round: number, value: T): T | undefined {
  byRound.delete(round);
  byRound.set(round, value);
  if (byRound.size <= OPEN_ROUNDS) return undefined;
  const [[oldest, dropped] = []] = byRound;
  byRound.delete(oldest!);
  return dropped;
}

function conflict(reason: 'duplicate_share' | 'round_over'): ShareOutcome {
  return { outcome: 'conflict', reason };
}

/** The log names a segment by its index in the round's record: without that record a share on it is lost. */
async function storeSegments(opened: OpenedRound): Promise<void> {
  const { round, keeper } = opened;
  while (round.hasUnstoredSegment) {
    // One write for all who wait for it.
    opened.storing ??= keeper.store(round).finally(() => (opened.storing = undefined));
    await opened.storing;
  }
}

/** Takes in a share logged after the round was saved. */
function replay(
  round: Round,
  { place, attempt, segment = 0, hash, reason, workerId }: LoggedShare,
): void {
  round.setCountedUntil(place);
  if (reason !== undefined) return round.reject();
  const template = round.templates[segment];
  if (!attempt || !template) return;
  const share = shareOf(template, attempt, segment);
  // Another hash: it was mined before the round turned out to have another seed.
  if (displayHash(share.hashValue) !== hash) return;
  round.admit(share);
  if (workerId !== LOCAL_WORKER) round.leases.prove(workerId, attempt.prefix);
}
