import { z } from 'zod';
import { difficultyOf } from '../bitcoin/target';
import type { Log } from '../log';
import type { KeyValueStore } from '../rounds/key-value-store';
import type { LoggedShare } from '../rounds/share-record';
import { readRecord } from '../rounds/read-record';

/** Finds kept of a round, more than a proof holds, so that the K best are always among them. */
const MAX_FINDS = 100;
const KEY = 'history:finds';
/** What came since the last write is in the share log. */
const WRITE_MS = 300_000;

/** A valid share: [ms since 1970, difficulty, worker id] */
const findSchema = z.tuple([z.number().int().nonnegative(), z.number().positive(), z.string()]);
export type Find = z.infer<typeof findSchema>;

const recordSchema = z.strictObject({
  round: z.number().int().nonnegative(),
  finds: z.array(findSchema).max(MAX_FINDS),
});
type Record = z.infer<typeof recordSchema>;

/** The best shares of the round, and when each was found. */
export class Finds {
  private lastWrite = 0;
  private changed = false;

  private constructor(
    private readonly store: KeyValueStore,
    private readonly log: Log,
    private record: Record,
  ) {}

  static async open(store: KeyValueStore, log: Log): Promise<Finds> {
    const record = await readRecord(store, KEY, recordSchema, log);
    return new Finds(store, log, record ?? { round: 0, finds: [] });
  }

  get round(): number {
    return this.record.round;
  }

  /** Those found after a time (ms since 1970), oldest first. */
  after(time: number): Find[] {
    return this.record.finds.filter(([at]) => at > time).sort(([a], [b]) => a - b);
  }

  /** Takes in what the share log holds; what was taken in before, or is of an earlier round, is passed over. */
  add(shares: readonly LoggedShare[]): void {
    for (const share of shares) {
      if (share.reason !== undefined || share.round < this.record.round) continue;
      if (share.round > this.record.round) this.record = { round: share.round, finds: [] };
      // The time of a share in the log is its own alone.
      if (this.record.finds.some(([at]) => at === share.at)) continue;
      this.insert([share.at, difficultyOf(BigInt(`0x${share.hash}`)), share.workerId]);
    }
  }

  /** Stores the finds when that is due. */
  async writeIfDue(now: number): Promise<void> {
    if (!this.changed || now - this.lastWrite < WRITE_MS) return;
    this.lastWrite = now;
    this.changed = false;
    try {
      await this.store.set(KEY, JSON.stringify(this.record));
    } catch (error) {
      this.changed = true;
      this.log.warn({ error }, 'the best shares could not be stored');
    }
  }

  private insert(find: Find): void {
    const { finds } = this.record;
    const at = finds.findIndex(([, difficulty]) => difficulty < find[1]);
    if (at < 0 && finds.length >= MAX_FINDS) return;
    finds.splice(at < 0 ? finds.length : at, 0, find);
    finds.length = Math.min(finds.length, MAX_FINDS);
    this.changed = true;
  }
}
