import { RemoteWorker } from './worker';

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
 * The remote workers by their ids. A place is a worker's own from its first accepted share on; it is lent before,
 * since asking costs nothing: who asks next gets the place of whoever asked longest ago. Who finds no room is one of
 * those without a name, who share their ground and their target.
 */
export class Workers {
  /** Without an accepted share; who asked longest ago comes first. */
  private readonly newcomers = new Map<string, RemoteWorker>();
  /** With one; who was not heard of for longest comes first. */
  private readonly proven = new Map<string, RemoteWorker>();

  /** Who gave no id, or found no room. */
  readonly shared: RemoteWorker;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.shared = new RemoteWorker(now);
  }

  /** The worker that asks for work under an id, known from here on; the shared one where there is no room. */
  register(id: string): RemoteWorker {
    const known = this.heard(this.proven, id) ?? this.heard(this.newcomers, id);
    return known ?? this.admit(this.newcomers, id);
  }

  /** The worker that had a share accepted: its place is its own from here on, if there is any left. */
  prove(id: string): RemoteWorker {
    const newcomer = this.newcomers.get(id);
    if (newcomer) {
      this.newcomers.delete(id);
      this.proven.set(id, newcomer);
    }
    return this.heard(this.proven, id) ?? this.admit(this.proven, id);
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
        id,
        hashrateHps,
        idleMs: nowMs - seenAtMs,
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

  /** A new worker; the shared one where there is no room. */
  private admit(among: Map<string, RemoteWorker>, id: string): RemoteWorker {
    if (!this.makeRoom()) return this.shared;
    const worker = new RemoteWorker(this.now);
    among.set(id, worker);
    return worker;
  }

  /** @returns whether there is room for one more */
  private makeRoom(): boolean {
    if (this.newcomers.size + this.proven.size < MAX_WORKERS) return true;
    const [newcomer] = this.newcomers.keys();
    if (newcomer !== undefined) return this.newcomers.delete(newcomer);
    const [[id, oldest] = []] = this.proven;
    const isIdle = oldest !== undefined && this.now() - oldest.seenAtMs > IDLE_MS;
    return isIdle && this.proven.delete(id!);
  }
}
