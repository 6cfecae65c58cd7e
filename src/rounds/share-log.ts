import { z } from 'zod';
import { sha256 } from '../bitcoin/sha256';
import { monotonicClock, type Clock } from '../process/clock';
import type { Log } from '../process/log';
import { type KeyValueStore, readRecord } from '../store/store';
import {
  fromTuple,
  type JudgedShare,
  type LoggedShare,
  ShareRing,
  type ShareTotals,
} from './share-batches';

/** How many of the newest valid shares are kept, and how many shares can be asked for at once. */
export const RECENT_SHARES = 500;
/** Invalid shares cost their senders nothing, so they are kept apart: no number of them pushes out a valid one. */
export const RECENT_INVALID_SHARES = 100;

/** Between two writes for shares that come in any number (`keepTogether`): five a second. */
const TOGETHER_MS = 200;

const WORKERS_KEY = 'workers-seen';
/** Distinct workers are counted up to this many. */
const MAX_WORKERS_SEEN = 4096;
const workersSeenSchema = z.array(z.string()).max(MAX_WORKERS_SEEN);

export interface ShareStatistics extends ShareTotals {
  /** Distinct workers that had a valid share, up to 4096; this node's own threads count as one. */
  uniqueWorkers: number;
}

/** What earlier processes left. */
interface Restored {
  totals: ShareTotals;
  /** Oldest first. */
  shares: LoggedShare[];
  workersSeen: readonly string[];
}

/**
 * The shares that came, and their totals; it survives the process. Every batch is a small record of its
 * own: the SDK's store is a file that only grows while the task runs.
 */
export class ShareLog {
  private readonly restored = new Map<number, LoggedShare[]>();
  private readonly totals: ShareTotals;
  private readonly workersSeen: Set<string>;
  /** Ids whose digests are among them, so that not every share is hashed. */
  private readonly idsSeen = new Set<string>();
  private workersChanged = false;
  private last: number;
  private writing: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;
  private together: Promise<void> | undefined;
  private wroteAtMs = -Infinity;
  private conflicts = 0;
  private isAllWanted = false;
  private writeFault: unknown;

  private constructor(
    private readonly store: KeyValueStore,
    private readonly valid: ShareRing,
    private readonly invalid: ShareRing,
    private readonly before: Restored,
    private readonly clock: Clock,
  ) {
    const { totals, shares, workersSeen } = before;
    this.totals = { ...totals };
    this.workersSeen = new Set(workersSeen);
    this.last = shares[shares.length - 1]?.place ?? 0;
    valid.restore(shares.filter(isValid));
    invalid.restore(shares.filter((share) => !isValid(share)));
    for (const share of shares) {
      this.see(share);
      const ofRound = this.restored.get(share.round);
      if (ofRound) ofRound.push(share);
      else this.restored.set(share.round, [share]);
    }
  }

  /** Reads what earlier processes left, and skips what is unreadable. */
  static async open(
    store: KeyValueStore,
    log: Log,
    clock: Clock = monotonicClock,
  ): Promise<ShareLog> {
    const valid = new ShareRing(store, 'shares', RECENT_SHARES);
    const invalid = new ShareRing(store, 'invalid-shares', RECENT_INVALID_SHARES);
    const batches = [...(await valid.read(log)), ...(await invalid.read(log))];
    const workersSeen = await readRecord(store, WORKERS_KEY, workersSeenSchema, log);
    const before: Restored = {
      totals: {
        valid: Math.max(0, ...batches.map((batch) => batch.valid)),
        invalid: Math.max(0, ...batches.map((batch) => batch.invalid)),
      },
      shares: batches
        .flatMap((batch) => batch.shares.map(fromTuple))
        .sort((a, b) => a.place - b.place),
      workersSeen: workersSeen ?? [],
    };
    return new ShareLog(store, valid, invalid, before, clock);
  }

  get statistics(): ShareStatistics {
    return { ...this.totals, uniqueWorkers: this.workersSeen.size };
  }

  /** Shares since this process started. Conflicts were neither valid nor invalid: repeated or too late. */
  get sinceStart(): ShareTotals & { conflicts: number } {
    const { valid, invalid } = this.before.totals;
    return {
      valid: this.totals.valid - valid,
      invalid: this.totals.invalid - invalid,
      conflicts: this.conflicts,
    };
  }

  /** Why the last write failed; undefined when it succeeded. */
  get fault(): unknown {
    return this.writeFault;
  }

  get writable(): boolean {
    return this.fault === undefined;
  }

  /** Place of the newest share in the log; 0 before the first. */
  get lastPlace(): number {
    return this.last;
  }

  /** Places all later shares above this place: a round may have counted it though the batch that held it was lost. */
  goOnAbove(place: number): void {
    this.last = Math.max(this.last, place);
  }

  /**
   * The newest shares, newest first, of one round or of all. At most half of them, rounded up, are invalid,
   * unless there are too few valid ones.
   * @param limit 0..500
   */
  recent(limit: number, round?: number): LoggedShare[] {
    const valid = this.valid.recent(round);
    const invalid = this.invalid.recent(round);
    const room = Math.max(Math.ceil(limit / 2), limit - valid.length);
    return [...valid, ...invalid.slice(Math.max(0, invalid.length - room))]
      .sort((a, b) => b.place - a.place)
      .slice(0, limit);
  }

  /** What earlier processes logged of a round, oldest first. */
  restoredOf(round: number): readonly LoggedShare[] {
    return this.restored.get(round) ?? [];
  }

  /** Forgets which rounds earlier processes logged shares for: after a network reset the numbers mean others. */
  forgetRestored(): void {
    this.restored.clear();
  }

  /** Counts a share; the next flush stores it. */
  note(share: JudgedShare): void {
    this.count(share, false);
  }

  /** Counts a share and stores it. @throws when it could not be written; the next call tries again. */
  keep(share: JudgedShare): Promise<void> {
    this.count(share, true);
    return this.settle();
  }

  /**
   * Counts a share and stores it, as `keep` does, with all that come meanwhile: however many those are, the store is
   * written five times a second for them.
   */
  keepTogether(share: JudgedShare): Promise<void> {
    this.count(share, true);
    this.together ??= this.clock.until(this.wroteAtMs + TOGETHER_MS).then(() => {
      this.together = undefined;
      return this.settle();
    });
    return this.together;
  }

  /** Counts a share that was repeated or came too late. It is not logged. */
  noteConflict(): void {
    this.conflicts++;
  }

  /** Stores everything counted. @throws when it could not be written; the next flush tries again. */
  flush(): Promise<void> {
    this.isAllWanted = true;
    return this.settle();
  }

  /**
   * Resolves when all shares given to `keep` so far are stored. Writes nothing else: callers can't cause more writes.
   * @throws when they could not be written; the next call tries again.
   */
  settle(): Promise<void> {
    // One write at a time: what comes meanwhile goes into one batch after it.
    this.next ??= this.writing
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        return (this.writing = this.write());
      });
    return this.next;
  }

  private count(share: JudgedShare, isAwaited: boolean): void {
    this.last++;
    const kind = isValid(share) ? 'valid' : 'invalid';
    this.totals[kind]++;
    this.see(share);
    this[kind].add({ ...share, place: this.last, at: Date.now() }, isAwaited);
  }

  private see(share: JudgedShare): void {
    // So that nobody fills the set without proving work.
    if (!isValid(share) || this.workersSeen.size >= MAX_WORKERS_SEEN) return;
    if (this.idsSeen.has(share.workerId)) return;
    this.idsSeen.add(share.workerId);
    const digest = sha256(Buffer.from(share.workerId)).subarray(0, 6).toString('base64url');
    if (this.workersSeen.has(digest)) return;
    this.workersSeen.add(digest);
    this.workersChanged = true;
  }

  private async write(): Promise<void> {
    const isAllWanted = this.isAllWanted;
    this.isAllWanted = false;
    this.wroteAtMs = this.clock.now();
    try {
      // Shares that are restored show their workers too, so these can wait.
      if (this.workersChanged && isAllWanted) {
        this.workersChanged = false;
        await this.store.set(WORKERS_KEY, JSON.stringify([...this.workersSeen]));
      }
      for (const ring of [this.valid, this.invalid]) {
        await ring.write(() => this.totals, isAllWanted);
      }
      this.writeFault = undefined;
    } catch (error) {
      this.writeFault = error;
      // Gives the next call something to try the store with.
      [this.workersChanged, this.isAllWanted] = [true, true];
      throw error;
    }
  }
}

function isValid({ reason }: JudgedShare): boolean {
  return reason === undefined;
}
