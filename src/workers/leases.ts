/** The values of the first two bytes of an extranonce. */
const PREFIXES = 2 ** 16;
/** What only the node's own threads get: however many ask for work, a node that is started again goes on mining. */
const KEPT_FOR_THREADS = 2 ** 12;
/** Prefixes are marked as leased in the store so many ahead; a restart skips what is left of them. */
const AHEAD = 2 ** 8;

/** Workers that are remembered in the store; one more gets other ground from a later process. */
const MAX_REMEMBERED = 2 ** 10;

/** The leases of a round as its record has them. */
export interface LeaseRecord {
  /** Every prefix below may have been leased. */
  leased: number;
  /** Ids of workers, and the prefix of each. */
  workers: [string, number][];
}

/** No worker's id: under it stands the prefix of all who give none, or find no ground of their own. */
const NOBODY = '';

/**
 * The ground of one round: prefixes of the extranonce, none of which is leased twice, by no later process either.
 * What a prefix is leased to never hashes what anybody else hashes.
 */
export class Leases {
  private next: number;
  /** Below it an earlier process leased, and nobody has what it leased but those who are known. */
  private readonly earlier: number;
  /** Below it the store knows that prefixes are leased. */
  private storedUpTo = 0;
  private readonly byWorker: Map<string, number>;
  /** The workers that are remembered in the store: they had a share accepted. */
  private readonly proven: Set<string>;

  constructor({ leased, workers }: LeaseRecord = { leased: 0, workers: [] }) {
    this.next = this.earlier = leased;
    // Of a record that is garbage, none that would be leased again.
    this.byWorker = new Map(workers.filter(([, prefix]) => prefix < leased));
    this.proven = new Set(this.byWorker.keys());
  }

  /** A prefix for a search of the node's own threads, to be used once the round is stored; undefined when all are leased. */
  take(): number | undefined {
    return this.next < PREFIXES ? this.next++ : undefined;
  }

  /** The prefix of all who have none of their own; undefined before `openShared`. */
  get shared(): number | undefined {
    return this.byWorker.get(NOBODY);
  }

  /** Leases that prefix, once in the round. */
  openShared(): void {
    if (this.shared !== undefined || this.next === PREFIXES) return;
    this.byWorker.set(NOBODY, this.next++);
    this.proven.add(NOBODY);
  }

  /** Whether workers can be given none of their own before the round is stored again. */
  get isShort(): boolean {
    return this.next >= this.storedUpTo && this.next < PREFIXES - KEPT_FOR_THREADS;
  }

  /** Whether it is time to store the round, so that nobody has to wait. */
  get isLow(): boolean {
    return this.next > this.storedUpTo - AHEAD / 2 && this.next < PREFIXES - KEPT_FOR_THREADS;
  }

  /** The prefix of a worker, the same each time; undefined when there is none left, or `isShort`. */
  ofWorker(id: string): number | undefined {
    const leased = this.byWorker.get(id);
    if (leased !== undefined) return leased;
    if (this.isShort || this.next >= PREFIXES - KEPT_FOR_THREADS) return undefined;
    this.byWorker.set(id, this.next);
    return this.next++;
  }

  /** The prefix that a worker has; undefined where it has none. */
  find(id: string): number | undefined {
    return this.byWorker.get(id);
  }

  /** Whether a prefix was leased in this round, to whomever. */
  isLeased(prefix: number): boolean {
    return prefix < this.next;
  }

  /**
   * Has the store remember a worker, whose share was found on a prefix. One that an earlier process leased it and this
   * one knows nothing of is its own again.
   */
  prove(id: string, prefix: number): void {
    if (!this.byWorker.has(id) && prefix < this.earlier && !this.isKnown(prefix)) {
      this.byWorker.set(id, prefix);
    }
    const isRoom = this.proven.size < MAX_REMEMBERED;
    if (isRoom && this.byWorker.get(id) === prefix) this.proven.add(id);
  }

  /** The leases as the store should have them: some ahead. */
  toRecord(): LeaseRecord {
    return {
      leased: Math.min(this.next + AHEAD, PREFIXES),
      workers: [...this.proven].map((id) => [id, this.byWorker.get(id)!]),
    };
  }

  /** Says that a record is in the store. */
  stored({ leased }: LeaseRecord): void {
    this.storedUpTo = Math.max(this.storedUpTo, leased);
  }

  private isKnown(prefix: number): boolean {
    return [...this.byWorker.values()].includes(prefix);
  }
}
