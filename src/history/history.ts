import { z } from 'zod';
import type { Log } from '../log';
import type { Engine } from '../mining/engine';
import type { Verdict } from '../proof/verify';
import type { KeyValueStore } from '../rounds/key-value-store';
import type { Miner } from '../rounds/miner';
import { RECENT_SHARES, type ShareLog } from '../rounds/share-log';
import { Finds } from './finds';
import { Journal } from './journal';
import { SAMPLE_MS } from './sample';
import { Samples } from './samples';

const TICK_MS = 1_000;
const MAX_AUDITS = 50;
const MAX_REWARDS = 60;

const count = z.number().int().nonnegative();

/** An audit this node made of another's proof. */
const auditSchema = z.strictObject({
  at: count,
  round: count,
  submitter: z.string(),
  verdict: z.enum(['valid', 'invalid', 'abstained']),
  /** What a valid proof proves, as a decimal; of the others, why. */
  hashes: z.string().optional(),
  reason: z.string().optional(),
});
export type AuditEntry = z.infer<typeof auditSchema>;

/** What this node's list gives it for a round, in ROE. */
const rewardSchema = z.strictObject({
  at: count,
  round: count,
  roe: z.number().int(),
  /** Proofs of the round, and how many of them are valid. */
  proofs: count,
  valid: count,
});
export type RewardEntry = z.infer<typeof rewardSchema>;

export interface HistorySources {
  engine: Pick<Engine, 'hashrateHps' | 'threadStates'>;
  miner: Pick<Miner, 'lastRound'>;
  shares: ShareLog;
  store: KeyValueStore;
  log: Log;
}

/** What happened on this node, for people to look at: bounded, kept over restarts, and vital to nothing. */
export class History {
  private seenShare = 0;

  private constructor(
    private readonly sources: HistorySources,
    readonly samples: Samples,
    readonly finds: Finds,
    readonly audits: Journal<AuditEntry>,
    readonly rewards: Journal<RewardEntry>,
    private readonly now: () => number,
  ) {}

  /** Reads what earlier processes left; unreadable records count as absent. */
  static async open(sources: HistorySources, now: () => number = Date.now): Promise<History> {
    const { store, log } = sources;
    const history = new History(
      sources,
      await Samples.open(store, log, now()),
      await Finds.open(store, log),
      await Journal.open(store, 'history:audits', auditSchema, MAX_AUDITS, log),
      await Journal.open(store, 'history:rewards', rewardSchema, MAX_REWARDS, log),
      now,
    );
    history.takeShares();
    return history;
  }

  /** Follows the miner from here on, without keeping the process alive. */
  follow(): void {
    setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** Notes how things stand. */
  tick(): void {
    const { engine, miner } = this.sources;
    const now = this.now();
    const round = miner.lastRound;
    const threadsHps = engine.threadStates.map(({ hashrateHps }) => hashrateHps);
    this.samples.add({
      at: Math.floor(now / SAMPLE_MS) * SAMPLE_MS,
      round: round?.number,
      hashesDone: round?.hashes ?? 0,
      hashesProven: Number(round?.estimatedHashes ?? 0n),
      shares: round?.shares.length ?? 0,
      hashrateHps: engine.hashrateHps,
      threadsHps,
    });
    this.takeShares();
    void this.finds.writeIfDue(now);
  }

  /** Notes an audit; one that fails is an abstention. */
  async audited(round: number, submitter: string, audit: Promise<Verdict>): Promise<Verdict> {
    const entry = { round, submitter };
    try {
      const verdict = await audit;
      this.audits.add({
        ...{ at: this.now(), ...entry },
        ...(verdict.valid
          ? { verdict: 'valid', hashes: String(verdict.hashes) }
          : { verdict: 'invalid', reason: verdict.reason }),
      });
      return verdict;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.audits.add({ at: this.now(), ...entry, verdict: 'abstained', reason });
      throw error;
    }
  }

  /** Notes this node's part of a round's distribution list; a list computed again replaces the one before. */
  rewarded(reward: Omit<RewardEntry, 'at'>): void {
    this.rewards.add({ at: this.now(), ...reward }, ({ round }) => round === reward.round);
  }

  private takeShares(): void {
    const { shares } = this.sources;
    if (shares.lastAt <= this.seenShare) return;
    const unseen = shares.recent(RECENT_SHARES).filter(({ at }) => at > this.seenShare);
    this.seenShare = shares.lastAt;
    this.finds.add(unseen.reverse());
  }
}
