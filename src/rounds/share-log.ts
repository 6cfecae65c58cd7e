import { z } from 'zod';
import { sha256 } from '../bitcoin/sha256';
import type { Log } from '../log';
import type { KeyValueStore } from './key-value-store';
import { readRecord } from './read-record';
import {
  fromTuple,
  shareBatchSchema,
  toTuple,
  type JudgedShare,
  type LoggedShare,
  type ShareBatch,
} from './share-record';

/** Shares that can be asked for: the newest so many. */
export const RECENT_SHARES = 500;

/**
 * Batches share this many keys of the store, so it never grows. A batch holds at least one share, so
 * all recent ones are there.
 */
const SLOTS = RECENT_SHARES;
const MAX_BATCH = 64;
/** Shares that nobody waits for are written with the next batch, the newest so many of them. */
const MAX_WAITING = 64;

const WORKERS_KEY = 'workers-seen';
/** Different workers are counted up to this many. */
const MAX_WORKERS_SEEN = 4096;
const workersSeenSchema = z.array(z.string()).max(MAX_WORKERS_SEEN);

export interface ShareStatistics {
  valid: number;
  invalid: number;
  /** Different workers that had a valid share, up to 4096; this node's own threads are one. */
  uniqueWorkers: number;
}

/**
 * The shares that came, and what there was of them in all; it survives the process. Every batch is a
 * small record of its own: the SDK's store is a file that only grows while the task runs.
 */
export class ShareLog {
  private readonly recentShares: LoggedShare[];
  private readonly workersSeen: Set<string>;
  private workersChanged = false;
  private valid: number;
  private invalid: number;
  private last: number;
  private batch: number;
  /** Shares somebody waits for, and the others, to be written. */
  private urgent: LoggedShare[] = [];
  private waiting: LoggedShare[] = [];
  private writing: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;
  private works = true;

  private constructor(
    private readonly store: KeyValueStore,
    private readonly restored: readonly LoggedShare[],
    private readonly newest: ShareBatch | undefined,
    workersSeen: readonly string[],
  ) {
    this.recentShares = restored.slice(-RECENT_SHARES);
    this.valid = newest?.valid ?? 0;
    this.invalid = newest?.invalid ?? 0;
    this.batch = newest ? newest.batch + 1 : 0;
    this.last = restored[restored.length - 1]?.at ?? 0;
    this.workersSeen = new Set(workersSeen);
    for (const share of restored) this.see(share);
  }

  /** Reads what earlier processes left. What is unreadable counts as not there. */
  static async open(store: KeyValueStore, log: Log): Promise<ShareLog> {
    const read = <T>(key: string, schema: z.ZodType<T>): Promise<T | undefined> =>
      readRecord(store, key, schema, log);
    const slots = await Promise.all(
      Array.from({ length: SLOTS }, (_, slot) => read(keyOf(slot), shareBatchSchema)),
    );
    const batches = slots.filter((batch) => batch !== undefined).sort((a, b) => a.batch - b.batch);
    const shares = batches.flatMap((batch) => batch.shares.map(fromTuple));
    const workersSeen = await read(WORKERS_KEY, workersSeenSchema);
    return new ShareLog(store, shares, batches[batches.length - 1], workersSeen ?? []);
  }

  get statistics(): ShareStatistics {
    const { valid, invalid } = this;
    return { valid, invalid, uniqueWorkers: this.workersSeen.size };
  }

  /** Valid and invalid shares since this process started. */
  get sinceStart(): { valid: number; invalid: number } {
    return {
      valid: this.valid - (this.newest?.valid ?? 0),
      invalid: this.invalid - (this.newest?.invalid ?? 0),
    };
  }

  /** Whether the last write succeeded. */
  get writable(): boolean {
    return this.works;
  }

  /** Place of the newest share in the log. */
  get lastAt(): number {
    return this.last;
  }

  /** The newest shares, newest first, of one round or of all; limit 0..500. */
  recent(limit: number, round?: number): LoggedShare[] {
    const shares = this.recentShares.filter(
      (share) => round === undefined || share.round === round,
    );
    return limit === 0 ? [] : shares.slice(-limit).reverse();
  }

  /** What earlier processes logged of a round, oldest first. */
  restoredOf(round: number): LoggedShare[] {
    return this.restored.filter((share) => share.round === round);
  }

  /** Counts a share; it is stored with the next batch. */
  note(share: JudgedShare): void {
    this.waiting.push(this.count(share));
    if (this.waiting.length > MAX_WAITING) this.waiting.shift();
  }

  /** Counts a share and stores it. @throws when it could not be written; the next flush tries again. */
  keep(share: JudgedShare): Promise<void> {
    this.urgent.push(this.count(share));
    return this.flush();
  }

  /** Stores all that was counted. @throws when it could not be written; the next flush tries again. */
  flush(): Promise<void> {
    // One write at a time: what comes while it runs goes into one batch behind it.
    this.next ??= this.writing
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        return (this.writing = this.write());
      });
    return this.next;
  }

  private count(share: JudgedShare): LoggedShare {
    this.last = Math.max(Date.now(), this.last + 1);
    const logged = { ...share, at: this.last };
    if (share.reason === undefined) this.valid++;
    else this.invalid++;
    this.see(share);
    this.recentShares.push(logged);
    if (this.recentShares.length > RECENT_SHARES) this.recentShares.shift();
    return logged;
  }

  private see({ workerId, reason }: JudgedShare): void {
    // Whoever proves no work can't fill the set.
    if (reason !== undefined || this.workersSeen.size >= MAX_WORKERS_SEEN) return;
    const digest = sha256(Buffer.from(workerId)).subarray(0, 6).toString('base64url');
    if (this.workersSeen.has(digest)) return;
    this.workersSeen.add(digest);
    this.workersChanged = true;
  }

  private async write(): Promise<void> {
    try {
      if (this.workersChanged) {
        this.workersChanged = false;
        await this.store.set(WORKERS_KEY, JSON.stringify([...this.workersSeen]));
      }
      while (this.urgent.length + this.waiting.length > 0) await this.writeBatch();
      this.works = true;
    } catch (error) {
      this.works = false;
      this.workersChanged = true;
      throw error;
    }
  }

  private async writeBatch(): Promise<void> {
    const urgent = this.urgent.slice(0, MAX_BATCH);
    const waiting = this.waiting.slice(0, MAX_BATCH - urgent.length);
    const shares = [...urgent, ...waiting].sort((a, b) => a.at - b.at);
    const { batch, valid, invalid } = this;
    const record: ShareBatch = { batch, valid, invalid, shares: shares.map(toTuple) };
    await this.store.set(keyOf(batch), JSON.stringify(record));
    this.batch++;
    const written = new Set(shares);
    this.urgent = this.urgent.filter((share) => !written.has(share));
    this.waiting = this.waiting.filter((share) => !written.has(share));
  }
}

function keyOf(batch: number): string {
  return `shares:${batch % SLOTS}`;
}
