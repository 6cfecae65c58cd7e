import { RemoteWorker, type RejectedAs } from './worker';

/** Workers known at a time. */
export const MAX_WORKERS = 1024;
/** A worker with an accepted share loses its place after this long without being heard from. */
const IDLE_MS = 600_000;

/** A worker as shown to people. */
export interface WorkerState {
  id: string;
  hashrateHps: number;
  /** Over the time since its first work in the round. */
  roundHashrateHps: number;
  /** Shares since this process started. */
  accepted: number;
  /** Such shares by reason. */
  rejected: ReadonlyMap<RejectedAs, number>;
  /** The hashes that its accepted shares stand for. */
  provenHashes: number;
  /** The lowest hash value of its shares of the round. */
  roundBest: bigint | undefined;
  /** The target of its newest work. */
  target: bigint | undefined;
  /** How its miner calls itself; empty if it doesn't. */
  agent: string;
  /** Since it was last heard from. */
  idleMs: number;
  /** Since its last accepted share; null when there was none. */
  sinceShareMs: number | null;
}

/**
 * The remote workers by id. From its first accepted share a worker's place is its own. Until then it is only lent,
 * since asking costs nothing: when all are taken, a new worker gets the place of the one that asked longest ago. A
 * worker that finds no room is treated as one without an id: those share their ground and their target.
 */
export class Workers {
  /** Without an accepted share, longest since asking first. */
  private readonly newcomers = new Map<string, RemoteWorker>();
  /** With an accepted share, longest unheard first. */
  private readonly proven = new Map<string, RemoteWorker>();

  /** Stands for all who gave no id, or found no room. */
  readonly shared: RemoteWorker;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.shared = new RemoteWorker(now);
  }

  /** The worker that asks for work under an id, known from now on; the shared one when there is no room. */
  register(id: string): RemoteWorker {
    const known = this.heard(this.proven, id) ?? this.heard(this.newcomers, id);
    return known ?? this.admit(this.newcomers, id);
  }

  /** The worker that had a share accepted. Its place is its own from now on, if there is room. */
  prove(id: string): RemoteWorker {
    const newcomer = this.newcomers.get(id);
    if (newcomer) {
      this.newcomers.delete(id);
      this.proven.set(id, newcomer);
    }
    return this.heard(this.proven, id) ?? this.admit(this.proven, id);
  }

  /** The worker with this id, if known. */
  find(id: string): RemoteWorker | undefined {
    return this.proven.get(id) ?? this.newcomers.get(id);
  }

  /** Number of workers heard from within the last `ms`. */
  activeWithin(ms: number): number {
    const sinceMs = this.now() - ms;
    const known = [...this.proven.values(), ...this.newcomers.values()];
    return known.filter(({ seenAtMs }) => seenAtMs >= sinceMs).length;
  }

  /** How many are known. */
  get size(): number {
    return this.newcomers.size + this.proven.size;
  }

  /**
   * The known workers: those with accepted shares first, and in each group the last heard from first.
   * @param round whose rates and best shares are wanted
   */
  list(round?: number): WorkerState[] {
    const nowMs = this.now();
    return [...this.newcomers, ...this.proven]
      .map(([id, worker]) => stateOf(id, worker, round, nowMs))
      .reverse();
  }

  /** Moves a worker to the end of its group; undefined when it is not in the group. */
  private heard(among: Map<string, RemoteWorker>, id: string): RemoteWorker | undefined {
    const worker = among.get(id);
    if (!worker) return undefined;
    worker.seenAtMs = this.now();
    among.delete(id);
    among.set(id, worker);
    return worker;
  }

  /** A new worker; the shared one when there is no room. */
  private admit(among: Map<string, RemoteWorker>, id: string): RemoteWorker {
    if (!this.makeRoom()) return this.shared;
    const worker = new RemoteWorker(this.now);
    among.set(id, worker);
    return worker;
  }

  /** @returns whether there is room for one more */
  private makeRoom(): boolean {
    if (this.size < MAX_WORKERS) return true;
    const [newcomer] = this.newcomers.keys();
    if (newcomer !== undefined) return this.newcomers.delete(newcomer);
    const [[id, oldest] = []] = this.proven;
    const isIdle = oldest !== undefined && this.now() - oldest.seenAtMs > IDLE_MS;
    return isIdle && this.proven.delete(id!);
  }
}

function stateOf(
  id: string,
  worker: RemoteWorker,
  round: number | undefined,
  nowMs: number,
): WorkerState {
  const { hashrateHps, accepted, rejected, provenHashes, target, agent } = worker;
  const { seenAtMs, lastShareAtMs } = worker;
  return {
    id,
    hashrateHps,
    roundHashrateHps: worker.roundHashrateHps(round),
    accepted,
    rejected,
    provenHashes,
    roundBest: worker.roundBest(round),
    target,
    agent,
    idleMs: nowMs - seenAtMs,
    sinceShareMs: lastShareAtMs === undefined ? null : nowMs - lastShareAtMs,
  };
}
