import type { Log } from '../process/log';
import { type KeyValueStore, readRecords } from '../store/store';
import { shareBatchSchema, toTuple, type LoggedShare, type ShareBatch } from './share-record';

const MAX_BATCH = 64;
/** Of the shares that nobody waits for, the newest this many are written with the next batch. */
const MAX_WAITING = 64;

/** Shares judged so far, in all rounds. */
export type ShareTotals = Pick<ShareBatch, 'valid' | 'invalid'>;

/**
 * The newest shares of one kind, in memory and in the store. The store has one key per share kept, so it never
 * grows; each key holds a batch of at least one share, so all shares kept are there.
 */
export class ShareRing {
  private shares: LoggedShare[] = [];
  private batch = 0;
  /** Shares to be written that somebody waits for, and the others. */
  private urgent: LoggedShare[] = [];
  private waiting: LoggedShare[] = [];

  /**
   * @param name prefix of the keys in the store
   * @param size shares kept
   */
  constructor(
    private readonly store: KeyValueStore,
    private readonly name: string,
    private readonly size: number,
  ) {}

  /** The batches that earlier processes left, oldest first; unreadable ones are skipped. */
  async read(log: Log): Promise<ShareBatch[]> {
    const keys = Array.from({ length: this.size }, (_, slot) => this.keyOf(slot));
    const found = await readRecords(this.store, this.name, keys, shareBatchSchema, log);
    const batches = found.sort((a, b) => a.batch - b.batch);
    this.batch = (batches[batches.length - 1]?.batch ?? -1) + 1;
    return batches;
  }

  /** Takes in shares that are stored already, oldest first. */
  restore(shares: readonly LoggedShare[]): void {
    this.shares = shares.slice(-this.size);
  }

  /** The shares kept, oldest first, of one round or of all. */
  recent(round: number | undefined): readonly LoggedShare[] {
    return round === undefined ? this.shares : this.shares.filter((share) => share.round === round);
  }

  /** Whether somebody waits for a share to be written. */
  get isAwaited(): boolean {
    return this.urgent.length > 0;
  }

  add(share: LoggedShare, isAwaited: boolean): void {
    this.shares.push(share);
    if (this.shares.length > this.size) this.shares.shift();
    if (isAwaited) return void this.urgent.push(share);
    this.waiting.push(share);
    if (this.waiting.length > MAX_WAITING) this.waiting.shift();
  }

  /** Stores what is waiting now, not what comes meanwhile. @throws when it could not be written. */
  async write(totals: () => ShareTotals): Promise<void> {
    const batches = Math.ceil((this.urgent.length + this.waiting.length) / MAX_BATCH);
    for (let i = 0; i < batches; i++) await this.writeBatch(totals());
  }

  private async writeBatch(totals: ShareTotals): Promise<void> {
    const urgent = this.urgent.slice(0, MAX_BATCH);
    const waiting = this.waiting.slice(0, MAX_BATCH - urgent.length);
    const shares = [...urgent, ...waiting].sort((a, b) => a.place - b.place);
    const { batch } = this;
    const record: ShareBatch = { batch, ...totals, shares: shares.map(toTuple) };
    await this.store.set(this.keyOf(batch), JSON.stringify(record));
    this.batch++;
    const written = new Set(shares);
    this.urgent = this.urgent.filter((share) => !written.has(share));
    this.waiting = this.waiting.filter((share) => !written.has(share));
  }

  private keyOf(batch: number): string {
    return `${this.name}:${batch % this.size}`;
  }
}
