import { z } from 'zod';
import type { Log } from '../process/log';
import { storedCount, type KeyValueStore, readRecords } from '../store/store';
import type { Attempt } from '../work/attempt';
import { fromPacked, packedAttempt, toPacked } from './round-record';

/** A share that has been judged, valid or not. */
export interface JudgedShare {
  round: number;
  /** Who found it: a remote worker's id, or LOCAL_WORKER. */
  workerId: string;
  /** That worker's own id for it: 1 to 64 of A-Z a-z 0-9 . _ : @ -, as in worker ids. */
  submissionId: string;
  /** The header hash in Bitcoin's display order; the claimed one when nothing was shown that gives it. */
  hash: string;
  /** What gives that hash; undefined when nothing known does. */
  attempt?: Attempt;
  /** Index of the round's segment on which the attempt was found. */
  segment?: number;
  /** Whether it was among the K best when it came. */
  best: boolean;
  /** Why it was rejected; undefined when it is valid. */
  reason?: string;
}

/** A share in the log. */
export interface LoggedShare extends JudgedShare {
  /** Place in the log, unique and above those of all earlier shares, whatever the clock shows. */
  place: number;
  /** When it came by this machine's clock, in ms since 1970: only for people to read. */
  at: number;
}

/** The worker id of this node's own threads; no remote worker may have it. */
export const LOCAL_WORKER = 'local';

/**
 * [place, round, worker id, submission id, hash, attempt or '', its segment, best, reason or '', at]; short, since one
 * is written for every share.
 */
const shareTuple = z.tuple([
  storedCount,
  storedCount,
  z.string(),
  z.string(),
  z.string().regex(/^[0-9a-f]{64}$/),
  z.union([packedAttempt, z.literal('')]),
  storedCount,
  z.union([z.literal(0), z.literal(1)]),
  z.string(),
  storedCount,
]);

/** A batch of shares as it is stored, with the totals up to its last share. */
const shareBatchSchema = z.strictObject({
  batch: storedCount,
  valid: storedCount,
  invalid: storedCount,
  shares: z.array(shareTuple),
});
export type ShareBatch = z.infer<typeof shareBatchSchema>;

function toTuple(share: LoggedShare): z.infer<typeof shareTuple> {
  const { place, round, workerId, submissionId, hash, attempt, segment, best, reason, at } = share;
  return [
    place,
    round,
    workerId,
    submissionId,
    hash,
    attempt ? toPacked(attempt) : '',
    segment ?? 0,
    best ? 1 : 0,
    reason ?? '',
    at,
  ];
}

export function fromTuple(tuple: z.infer<typeof shareTuple>): LoggedShare {
  const [place, round, workerId, submissionId, hash, packed, segment, best, reason, at] = tuple;
  return {
    place,
    at,
    round,
    workerId,
    submissionId,
    hash,
    best: best === 1,
    ...(packed && { attempt: fromPacked(packed), segment }),
    ...(reason && { reason }),
  };
}

/** So that a record stays below 64 KiB. What comes together fits into one: of a flood, few shares may enter the proof. */
const MAX_BATCH = 192;
/** Of the shares that nobody waits for, the newest this many are written with the next batches. */
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

  add(share: LoggedShare, isAwaited: boolean): void {
    this.shares.push(share);
    if (this.shares.length > this.size) this.shares.shift();
    if (isAwaited) return void this.urgent.push(share);
    this.waiting.push(share);
    if (this.waiting.length > MAX_WAITING) this.waiting.shift();
  }

  /**
   * Stores what is waiting now, not what comes meanwhile.
   * @param isAllWanted else only what somebody waits for, and of the rest what finds room beside it
   * @throws when it could not be written.
   */
  async write(totals: () => ShareTotals, isAllWanted: boolean): Promise<void> {
    const count = this.urgent.length + (isAllWanted ? this.waiting.length : 0);
    const batches = Math.ceil(count / MAX_BATCH);
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
