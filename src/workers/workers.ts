import { sha256 } from '../bitcoin/sha256';
import { MAX_THREADS } from '../mining/engine';
import { RemoteWorker } from './remote-worker';

/** extranonce1 0x0000..0x00ff are the node's own threads; this one is for workers without their own. */
export const SHARED_EXTRANONCE1 = MAX_THREADS;
const FIRST_EXTRANONCE1 = SHARED_EXTRANONCE1 + 1;
const EXTRANONCES1 = 2 ** 16 - FIRST_EXTRANONCE1;

/** Workers known at a time. */
export const MAX_WORKERS = 1024;
/** Who had a share accepted gives way when it was not heard of for this long. */
const IDLE_MS = 600_000;

/** A worker as people look at it. */
export interface WorkerState {
  id: string;
  hashrateHps: number;
  /** Since it was last heard of. */
  idleMs: number;
  /** Since its last accepted share; null when there was none. */
  sinceShareMs: number | null;
}

/**
 * Where a worker may search, by the hash of its id: the same places after a restart of the node, and after
 * it lost its place, so that what it finds on work it was handed before can be judged. Two, for two ids may
 * have the same first one.
 */
export function extranonces1Of(id: string): number[] {
  const digest = sha256(Buffer.from(id));
  return [0, 4].map((at) => FIRST_EXTRANONCE1 + (digest.readUInt32BE(at) % EXTRANONCES1));
}

/**
 * The remote workers by their ids. A place is a worker's own from its first accepted share on; it is lent
 * before, since asking costs nothing: who asks next gets the place of whoever asked longest ago. Who finds
 * no room shares one extranonce1 with others: they find the same shares only if they begin at the same
 * extranonce2.
 */
export class Workers {
  /** Without an accepted share; who asked longest ago comes first. */
  private readonly newcomers = new Map<string, RemoteWorker>();
  /** With one; who was not heard of for longest comes first. */
  private readonly proven = new Map<string, RemoteWorker>();
  /** The ids that have an extranonce1. */
  private readonly holders = new Map<number, string>();

  /** Who gave no id, or found no room. */
  readonly shared: RemoteWorker;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.shared = new RemoteWorker(SHARED_EXTRANONCE1, now);
  }

  /** The worker that asks for work under an id, known from here on; the shared one where there is no room. */
  register(id: string): RemoteWorker {
    const known = this.heard(this.proven, id) ?? this.heard(this.newcomers, id);
    if (known) return known;
    const places = extranonces1Of(id);
    const free = places.filter((place) => !this.holders.has(place));
    return this.admit(this.newcomers, id, [...free, ...places]) ?? this.shared;
  }

  /**
   * The worker that had a share accepted: its place is its own from here on, if there is any left.
   * @param extranonce1 one of the id's, on which the share was found
   */
  prove(id: string, extranonce1: number): RemoteWorker {
    const newcomer = this.newcomers.get(id);
    if (newcomer) {
      this.newcomers.delete(id);
      this.proven.set(id, newcomer);
    }
    const known = this.heard(this.proven, id);
    if (known) return known;
    const places = [extranonce1, ...extranonces1Of(id)];
    return this.admit(this.proven, id, places) ?? this.shared;
  }

  /** The worker with an id, if it is known. */
  find(id: string): RemoteWorker | undefined {
    return this.proven.get(id) ?? this.newcomers.get(id);
  }

  /** Workers heard of within the last so many ms. */
  activeWithin(ms: number): number {
    const sinceMs = this.now() - ms;
    const known = [...this.proven.values(), ...this.newcomers.values()];
    return known.filter(({ seenAtMs }) => seenAtMs >= sinceMs).length;
  }

  /** The workers known: those with accepted shares before the others, the last heard of first. */
  list(): WorkerState[] {
    const nowMs = this.now();
    return [...this.newcomers, ...this.proven]
      .map(([id, { hashrateHps, seenAtMs, lastShareAtMs }]) => ({
        ...{ id, hashrateHps, idleMs: nowMs - seenAtMs },
        sinceShareMs: lastShareAtMs === undefined ? null : nowMs - lastShareAtMs,
      }))
      .reverse();
  }

  /** Moves a worker to the end of those it is one of; undefined when it is none of them. */
  private heard(among: Map<string, RemoteWorker>, id: string): RemoteWorker | undefined {
    const worker = among.get(id);
    if (!worker) return undefined;
    worker.seenAtMs = this.now();
    among.delete(id);
    among.set(id, worker);
    return worker;
  }

  /** Gives a new worker the first of some extranonce1 that none but newcomers have; undefined where there is no room. */
  private admit(
    among: Map<string, RemoteWorker>,
    id: string,
    extranonces1: number[],
  ): RemoteWorker | undefined {
    const extranonce1 = extranonces1.find((place) => {
      const holder = this.holders.get(place);
      return holder === undefined || !this.proven.has(holder);
    });
    if (extranonce1 === undefined) return undefined;
    const holder = this.holders.get(extranonce1);
    if (holder !== undefined) this.forget(holder);
    else if (!this.makeRoom()) return undefined;
    const worker = new RemoteWorker(extranonce1, this.now);
    among.set(id, worker);
    this.holders.set(extranonce1, id);
    return worker;
  }

  /** @returns whether there is room for one more */
  private makeRoom(): boolean {
    if (this.holders.size < MAX_WORKERS) return true;
    const [newcomer] = this.newcomers.keys();
    if (newcomer !== undefined) return this.forget(newcomer);
    const [[id, oldest] = []] = this.proven;
    const isIdle = oldest !== undefined && this.now() - oldest.seenAtMs > IDLE_MS;
    return isIdle && this.forget(id!);
  }

  private forget(id: string): true {
    this.holders.delete(this.find(id)!.extranonce1);
    this.newcomers.delete(id);
    this.proven.delete(id);
    return true;
  }
}
