/** The values of the first two bytes of an extranonce. */
const PREFIXES = 2 ** 16;
/** Reserved for the node's own threads: however many workers ask, a restarted node can go on mining. */
const KEPT_FOR_THREADS = 2 ** 12;
/** Prefixes are marked as leased in the store this many ahead; a restart skips those not used yet. */
const AHEAD = 2 ** 8;

/** Workers remembered in the store; any further one gets other ground from a later process. */
const MAX_REMEMBERED = 2 ** 10;

/** The leases of a round as its record holds them. */
export interface LeaseRecord {
  /** Every prefix below this may have been leased. */
  leased: number;
  /** Worker ids, each with its prefix. */
  workers: [string, number][];
}

/** Not a worker's id: the key of the prefix shared by all who give no id or get no ground of their own. */
const NOBODY = '';

/**
 * The ground of one round: prefixes of the extranonce. None is ever leased twice, not even by a later process, so
 * nobody hashes what somebody else hashes.
 */
export class Leases {
  private next: number;
  /** Prefixes below this were leased by an earlier process; of their holders only some are known. */
  private readonly earlier: number;
  /** The store knows that prefixes below this are leased. */
  private storedUpTo = 0;
  private readonly byWorker: Map<string, number>;
  /** The workers remembered in the store: those that had a share accepted. */
  private readonly proven: Set<string>;

  constructor({ leased, workers }: LeaseRecord = { leased: 0, workers: [] }) {
    this.next = this.earlier = leased;
    // In a garbage record, skip any prefix that would be leased again.
    this.byWorker = new Map(workers.filter(([, prefix]) => prefix < leased));
    this.proven = new Set(this.byWorker.keys());
  }

  /** A prefix for a search by the node's own threads, usable once the round is stored; undefined when none is left. */
  take(): number | undefined {
    return this.next < PREFIXES ? this.next++ : undefined;
  }

  /** The prefix of all who have none of their own; undefined before `openShared`. */
  get shared(): number | undefined {
    return this.byWorker.get(NOBODY);
  }

  /** Leases the shared prefix, once per round. */
  openShared(): void {
    if (this.shared !== undefined || this.next === PREFIXES) return;
    this.byWorker.set(NOBODY, this.next++);
    this.proven.add(NOBODY);
  }

  /** Whether no further worker can be given a prefix before the round is stored again. */
  get isShort(): boolean {
    return this.next >= this.storedUpTo && this.next < PREFIXES - KEPT_FOR_THREADS;
  }

  /** Whether the round should be stored now, so that no worker has to wait. */
  get isLow(): boolean {
    return this.next > this.storedUpTo - AHEAD / 2 && this.next < PREFIXES - KEPT_FOR_THREADS;
  }

  /** The prefix of a worker, the same each time; undefined when none is left, or when `isShort`. */
  ofWorker(id: string): number | undefined {
    const leased = this.byWorker.get(id);
    if (leased !== undefined) return leased;
    if (this.isShort || this.next >= PREFIXES - KEPT_FOR_THREADS) return undefined;
    this.byWorker.set(id, this.next);
    return this.next++;
  }

  /** The prefix that a worker has; undefined when it has none. */
  find(id: string): number | undefined {
    return this.byWorker.get(id);
  }

  /** Whether a prefix was leased to anyone in this round. */
  isLeased(prefix: number): boolean {
    return prefix < this.next;
  }

  /**
   * Has the store remember a worker that found a share on a prefix. A prefix leased by an earlier process whose holder
   * is not known becomes the worker's own again.
   */
  prove(id: string, prefix: number): void {
    if (!this.byWorker.has(id) && prefix < this.earlier && !this.isKnown(prefix)) {
      this.byWorker.set(id, prefix);
    }
    const isRoom = this.proven.size < MAX_REMEMBERED;
    if (isRoom && this.byWorker.get(id) === prefix) this.proven.add(id);
  }

  /** The leases to be stored, some ahead. */
  toRecord(): LeaseRecord {
    return {
      leased: Math.min(this.next + AHEAD, PREFIXES),
      workers: [...this.proven].map((id) => [id, this.byWorker.get(id)!]),
    };
  }

  /** Notes that a record is in the store. */
  stored({ leased }: LeaseRecord): void {
    this.storedUpTo = Math.max(this.storedUpTo, leased);
  }

  private isKnown(prefix: number): boolean {
    return [...this.byWorker.values()].includes(prefix);
  }
}
