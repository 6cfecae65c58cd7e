/** The values of the first two bytes of an extranonce. */
const PREFIXES = 2 ** 16;
/** Reserved for the node's own threads: however many workers ask, a restarted node can go on mining. */
const KEPT_FOR_THREADS = 2 ** 12;
/** Prefixes are marked as leased in the store this many ahead; a restart skips those not used yet. */
const AHEAD = 2 ** 8;

/** Workers remembered in the store; any further one gets other ground from a later process. */
const MAX_REMEMBERED = 2 ** 10;

/** Values of the first byte of a prefix, and of its second. */
const SALTS = 2 ** 8;
/** Salts are marked as leased in the store this many ahead: a job at once for four connections with each second byte. */
const SALTS_AHEAD = 4;

/** The leases of a round as its record holds them. */
export interface LeaseRecord {
  /** Every prefix below this may have been leased. */
  leased: number;
  /** So many salts, from the highest down, may have been leased to connections. */
  salts: number;
  /** Worker ids, each with its prefix. */
  workers: [string, number][];
}

/** Not a worker's id: the key of the prefix shared by all who give no id or get no ground of their own. */
const NOBODY = '';

/**
 * The ground of one round: prefixes of the extranonce. None is ever leased twice, not even by a later process, so
 * nobody hashes what somebody else hashes. Threads and workers get prefixes from the lowest up. Connections, whose
 * second byte is fixed, get them from the highest salt down.
 */
export class Leases {
  private next: number;
  /** Used salts by the second byte of the prefix. */
  private readonly saltsUsed: Uint16Array;
  /** Salts promised to connections: threads and workers stay below them. */
  private saltsLeased: number;
  /** The store knows that so many salts are leased. */
  private storedSalts = 0;
  /** Prefixes below this were leased by an earlier process; of their holders only some are known. */
  private readonly earlier: number;
  /** The store knows that prefixes below this are leased. */
  private storedUpTo = 0;
  private readonly byWorker: Map<string, number>;
  /** The workers remembered in the store: those that had a share accepted. */
  private readonly proven: Set<string>;

  constructor({ leased, workers, salts }: LeaseRecord = { leased: 0, workers: [], salts: 0 }) {
    this.next = this.earlier = leased;
    this.saltsLeased = salts;
    this.saltsUsed = new Uint16Array(SALTS).fill(salts);
    // In a garbage record, skip any prefix that would be leased again.
    this.byWorker = new Map(workers.filter(([, prefix]) => prefix < leased));
    this.proven = new Set(this.byWorker.keys());
  }

  /** A prefix for a search by the node's own threads, usable once it `isStored`; undefined when none is left. */
  take(): number | undefined {
    return this.next < this.end ? this.next++ : undefined;
  }

  /** Whether the store knows that a prefix of this process is leased. */
  isStored(prefix: number): boolean {
    return prefix < this.storedUpTo;
  }

  /** The prefix of all who have none of their own; undefined before `openShared`. */
  get shared(): number | undefined {
    return this.byWorker.get(NOBODY);
  }

  /** Leases the shared prefix, once per round. */
  openShared(): void {
    if (this.shared !== undefined || this.next >= this.end) return;
    this.byWorker.set(NOBODY, this.next++);
    this.proven.add(NOBODY);
  }

  /** Whether no further worker can be given a prefix before the round is stored again. */
  get isShort(): boolean {
    return this.next >= this.storedUpTo && this.hasRoomForWorkers;
  }

  /** Whether the round should be stored now, so that no worker and no connection has to wait. */
  get isLow(): boolean {
    const areSaltsLow = this.mostSaltsUsed > this.storedSalts - SALTS_AHEAD / 2;
    return (
      (this.next > this.storedUpTo - AHEAD / 2 && this.hasRoomForWorkers) ||
      (areSaltsLow && this.storedSalts < this.mostSalts)
    );
  }

  /** The prefix of a worker, the same each time; undefined when none is left, or when `isShort`. */
  ofWorker(id: string): number | undefined {
    const leased = this.byWorker.get(id);
    if (leased !== undefined) return leased;
    if (this.isShort || !this.hasRoomForWorkers) return undefined;
    this.byWorker.set(id, this.next);
    return this.next++;
  }

  /**
   * A prefix for a job of a connection.
   * @param secondByte of the prefix, u8
   * @returns undefined when none with that byte is left, or when `isShortFor` it
   */
  ofConnection(secondByte: number): number | undefined {
    const used = this.saltsUsed[secondByte]!;
    if (used >= this.storedSalts) return undefined;
    this.saltsUsed[secondByte] = used + 1;
    return (SALTS - 1 - used) * SALTS + secondByte;
  }

  /** Whether a connection can't be given a prefix before the round is stored again. */
  isShortFor(secondByte: number): boolean {
    return this.saltsUsed[secondByte]! >= this.storedSalts && this.storedSalts < this.mostSalts;
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

  /** The leases to be stored, some ahead, which they are from now on. */
  toRecord(): LeaseRecord {
    this.saltsLeased = Math.min(this.mostSaltsUsed + SALTS_AHEAD, this.mostSalts);
    return {
      leased: Math.min(this.next + AHEAD, this.end),
      salts: this.saltsLeased,
      workers: [...this.proven].map((id) => [id, this.byWorker.get(id)!]),
    };
  }

  /** Notes that a record is in the store. */
  stored({ leased, salts }: LeaseRecord): void {
    this.storedUpTo = Math.max(this.storedUpTo, leased);
    this.storedSalts = Math.max(this.storedSalts, salts);
  }

  /** Prefixes from here on are for connections. */
  private get end(): number {
    return PREFIXES - SALTS * this.saltsLeased;
  }

  private get hasRoomForWorkers(): boolean {
    return this.next < this.end - KEPT_FOR_THREADS;
  }

  private get mostSaltsUsed(): number {
    return Math.max(...this.saltsUsed);
  }

  /** How many salts connections may have: those leased now, and what is not kept for threads or leased below. */
  private get mostSalts(): number {
    const below = Math.max(this.next + AHEAD, this.storedUpTo) + KEPT_FOR_THREADS;
    return Math.max(this.saltsLeased, Math.floor((PREFIXES - below) / SALTS));
  }

  private isKnown(prefix: number): boolean {
    return [...this.byWorker.values()].includes(prefix);
  }
}
