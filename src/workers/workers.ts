import { sha256 } from '../bitcoin/sha256';
import { MAX_THREADS } from '../mining/engine';
import { RemoteWorker } from './remote-worker';

/** extranonce1 0x0000..0x00ff are the node's own threads; this one is for workers without their own. */
export const SHARED_EXTRANONCE1 = MAX_THREADS;
const FIRST_EXTRANONCE1 = SHARED_EXTRANONCE1 + 1;
const EXTRANONCES1 = 2 ** 16 - FIRST_EXTRANONCE1;

/** Workers known at a time. */
export const MAX_WORKERS = 1024;
/** Who was not heard of for this long gives way when a new one comes and there is no room. */
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
 * The remote workers by their ids. An id gives its extranonce1 (its hash, the next free one where that
 * is taken), so that a worker keeps it when the node restarts. Where all places are taken by workers
 * that are not idle, new ones share one extranonce1: they find the same shares only if they begin at
 * the same extranonce2.
 */
export class Workers {
  private readonly byId = new Map<string, RemoteWorker>();
  private readonly taken = new Set<number>();

  /** Who gave no id, or found no room. */
  readonly shared: RemoteWorker;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.shared = new RemoteWorker(SHARED_EXTRANONCE1, now);
  }

  /** The worker with an id, known from here on; the shared one where there is no room. */
  register(id: string): RemoteWorker {
    const known = this.byId.get(id);
    if (known) return known;
    if (this.byId.size >= MAX_WORKERS) this.forgetIdle();
    if (this.byId.size >= MAX_WORKERS) return this.shared;
    const worker = this.unregistered(id);
    this.byId.set(id, worker);
    this.taken.add(worker.extranonce1);
    return worker;
  }

  /** The worker with an id; one it would become if it is not known, as after a restart of the node. */
  find(id: string): RemoteWorker {
    return this.byId.get(id) ?? this.unregistered(id);
  }

  /** Workers heard of within the last so many ms. */
  activeWithin(ms: number): number {
    const sinceMs = this.now() - ms;
    return [...this.byId.values()].filter(({ seenAtMs }) => seenAtMs >= sinceMs).length;
  }

  /** The workers known, the last heard of first. */
  list(): WorkerState[] {
    const nowMs = this.now();
    return [...this.byId]
      .map(([id, { hashrateHps, seenAtMs, lastShareAtMs }]) => ({
        ...{ id, hashrateHps, idleMs: nowMs - seenAtMs },
        sinceShareMs: lastShareAtMs === undefined ? null : nowMs - lastShareAtMs,
      }))
      .sort((a, b) => a.idleMs - b.idleMs);
  }

  private unregistered(id: string): RemoteWorker {
    let place = sha256(Buffer.from(id)).readUInt32BE(0) % EXTRANONCES1;
    while (this.taken.has(FIRST_EXTRANONCE1 + place)) place = (place + 1) % EXTRANONCES1;
    return new RemoteWorker(FIRST_EXTRANONCE1 + place, this.now);
  }

  private forgetIdle(): void {
    const idleSinceMs = this.now() - IDLE_MS;
    for (const [id, { seenAtMs, extranonce1 }] of this.byId) {
      if (seenAtMs >= idleSinceMs) continue;
      this.byId.delete(id);
      this.taken.delete(extranonce1);
    }
  }
}
