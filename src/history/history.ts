import os from 'node:os';
import { z } from 'zod';
import type { Engine } from '../mining/engine';
import type { Log } from '../process/log';
import type { Verdict } from '../proof/verify';
import { BLOCK_STATES, type Block, type Blocks } from '../rounds/blocks';
import type { Miner } from '../rounds/miner';
import { RECENT_SHARES, type ShareLog } from '../rounds/share-log';
import type { KeyValueStore } from '../store/store';
import { Finds, Journal } from './journal';
import { Rewards, type ComputedReward } from './rewards';
import { SAMPLE_MS, Samples } from './samples';

const TICK_MS = 1_000;
/** A jump of this much between two ticks means the clock was set. A smaller one is only an adjustment. */
const JUMP_MS = 5_000;
const MAX_AUDITS = 50;
/** More than the node keeps whole. */
const MAX_BLOCKS = 100;
/**
 * A list is due two to four rounds after its round, and a view of the chain may lag by one: lists made at the same time
 * are for rounds at most this far apart.
 */
const LISTS_WITHIN = 3;

const count = z.number().int().nonnegative();

/** This node's audit of another node's proof. */
const auditSchema = z.strictObject({
  at: count,
  round: count,
  submitter: z.string(),
  verdict: z.enum(['valid', 'invalid', 'abstained']),
  /** What a valid proof proves, in decimal; for the others there is a reason. */
  hashes: z.string().optional(),
  reason: z.string().optional(),
});
export type AuditEntry = z.infer<typeof auditSchema>;

/** A Bitcoin block that this node found, as it stood last. */
const blockSchema = z.strictObject({
  /** When it was found. */
  at: count,
  /** As Bitcoin shows it. */
  hash: z.string(),
  height: count,
  /** The round it was found in; after a network reset the number may mean another one. */
  round: count,
  workerId: z.string(),
  /** What it pays to the operator, in satoshi. */
  valueSat: count,
  state: z.enum(BLOCK_STATES),
});
export type BlockEntry = z.infer<typeof blockSchema>;

export interface HistorySources {
  engine: Pick<Engine, 'hashrateHps' | 'threadStates'>;
  miner: Pick<Miner, 'lastRound'>;
  shares: ShareLog;
  blocks: Pick<Blocks, 'list' | 'onChange'>;
  store: KeyValueStore;
  log: Log;
}

/** Wall-clock time, and time that doesn't change when the clock is set; both in ms. */
export interface HistoryClock {
  /** Since 1970. */
  now(): number;
  /** Since any moment; it keeps running while the machine sleeps. */
  steady(): number;
}

const systemClock: HistoryClock = {
  now: () => Date.now(),
  // performance.now() may stop while the machine sleeps, which would look like a clock that was set.
  steady: () => os.uptime() * 1000,
};

/** What happened on this node, for people to look at: bounded, kept over restarts, and nothing depends on it. */
export class History {
  private editions = 0;
  /** The difference between the two clocks. */
  private offsetMs: number;

  private constructor(
    private readonly sources: HistorySources,
    readonly samples: Samples,
    readonly finds: Finds,
    readonly audits: Journal<AuditEntry>,
    readonly rewards: Rewards,
    readonly blocks: Journal<BlockEntry>,
    private readonly clock: HistoryClock,
  ) {
    this.offsetMs = clock.now() - clock.steady();
  }

  /** Reads what earlier processes stored; unreadable records count as absent. */
  static async open(sources: HistorySources, clock = systemClock): Promise<History> {
    const { store, shares, blocks, log } = sources;
    const history = new History(
      sources,
      await Samples.open(store, log, clock.now()),
      await Finds.open(store, log, shares.lastPlace),
      await Journal.open(store, 'history:audits', auditSchema, MAX_AUDITS, log),
      await Rewards.open(store, log, () => clock.now()),
      await Journal.open(store, 'history:blocks', blockSchema, MAX_BLOCKS, log),
      clock,
    );
    history.takeShares();
    void history.addUpRewards();
    // An earlier process may have ended before it wrote these.
    for (const block of [...blocks.list()].reverse()) history.note(block);
    blocks.onChange((block) => history.note(block));
    return history;
  }

  /** Follows the miner from now on, without keeping the process alive. */
  follow(): void {
    setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** Incremented when what was told before is no longer true: readers have to start afresh. */
  get edition(): number {
    return this.editions;
  }

  /** Records the current state. */
  tick(): void {
    const { engine, miner } = this.sources;
    const now = this.clock.now();
    this.followClock(now);
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
    void this.finds.writeIfDue(this.clock.steady());
  }

  /** Records an audit; one that fails is an abstention. */
  async audited(round: number, submitter: string, audit: Promise<Verdict>): Promise<Verdict> {
    const entry = { round, submitter };
    try {
      const verdict = await audit;
      this.audits.add({
        at: this.clock.now(),
        ...entry,
        ...(verdict.valid
          ? { verdict: 'valid', hashes: String(verdict.hashes) }
          : { verdict: 'invalid', reason: verdict.reason }),
      });
      return verdict;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.audits.add({ at: this.clock.now(), ...entry, verdict: 'abstained', reason });
      throw error;
    }
  }

  /**
   * Records what this node's own list of a round says. A list that is computed again, even by a later process, replaces
   * the one before. `rewards.follow()` comes first, so that what an earlier process counted is known.
   * @returns the part not counted before, in ROE, 0 or more
   */
  rewarded(reward: ComputedReward): number {
    if (this.rewards.forgetAbove(reward.round + LISTS_WITHIN)) this.editions++;
    return Number(this.rewards.add(reward));
  }

  /** After a network reset, when round numbers start over and mean other rounds. @param current the running round */
  forgetRounds(current: number): void {
    this.samples.forgetRounds();
    this.rewards.forgetAbove(current - 1);
    this.editions++;
  }

  private async addUpRewards(): Promise<void> {
    try {
      await this.rewards.addUp();
    } catch (error) {
      this.sources.log.warn({ error }, 'what was earned in the year could not be read');
    }
  }

  /** If the clock was set, the times recorded so far were wrong by as much. */
  private followClock(now: number): void {
    const offsetMs = now - this.clock.steady();
    const jumpMs = offsetMs - this.offsetMs;
    this.offsetMs = offsetMs;
    if (Math.abs(jumpMs) < JUMP_MS) return;
    this.samples.shift(jumpMs);
    this.finds.shift(jumpMs);
    void this.addUpRewards();
    this.editions++;
  }

  /** Records a block found, or what has become of it. */
  private note({ foundAt, hash, height, round, workerId, valueSat, state }: Block): void {
    const before = this.blocks.entries.find((entry) => entry.hash === hash);
    if (before?.state === state) return;
    this.blocks.add(
      { at: foundAt, hash, height, round, workerId, valueSat, state },
      (entry) => entry.hash === hash,
    );
  }

  private takeShares(): void {
    const { shares } = this.sources;
    if (shares.lastPlace > this.finds.takenUntil) {
      this.finds.add(shares.recent(RECENT_SHARES).reverse());
    }
  }
}
