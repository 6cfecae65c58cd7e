import { z } from 'zod';
import { displayHash } from '../bitcoin/target';
import type { Log } from '../process/log';
import { readRecord, storedCount, type KeyValueStore } from '../store/store';
import { LOCAL_WORKER } from './share-batches';

/** The best share that this node ever took in. */
export interface BestEver {
  hashValue: bigint;
  round: number;
  workerId: string;
  /** When it came by this machine's clock, in ms since 1970: only for people to read. */
  at: number;
}

const KEY = 'best-shares';
/** Workers remembered; those whose best share is the longest ago are forgotten first. */
const MAX_WORKERS = 1024;
const SAVE_MS = 10_000;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const recordSchema = z.strictObject({
  node: z
    .strictObject({ hash, round: storedCount, worker: z.string(), at: storedCount })
    .nullable(),
  workers: z.array(z.tuple([z.string(), hash])).max(MAX_WORKERS),
});

/** The best shares of all time, of this node and of each worker; they survive the process. */
export class Bests {
  private hasChanged = false;

  private constructor(
    private readonly store: KeyValueStore,
    private best: BestEver | undefined,
    /** By worker id, the longest unchanged first. */
    private readonly byWorker: Map<string, bigint>,
  ) {}

  /** Reads what earlier processes left; garbage counts as nothing. */
  static async open(store: KeyValueStore, log: Log): Promise<Bests> {
    const record = await readRecord(store, KEY, recordSchema, log);
    const { node = null, workers = [] } = record ?? {};
    const best = node && {
      hashValue: BigInt(`0x${node.hash}`),
      round: node.round,
      workerId: node.worker,
      at: node.at,
    };
    const byWorker = new Map(workers.map(([id, hash]) => [id, BigInt(`0x${hash}`)]));
    return new Bests(store, best ?? undefined, byWorker);
  }

  /** Of all shares, this node's own too; undefined before the first. */
  get ofNode(): BestEver | undefined {
    return this.best;
  }

  /** The lowest hash value among a remote worker's shares, as far as remembered. */
  ofWorker(id: string): bigint | undefined {
    return this.byWorker.get(id);
  }

  /** Notes an accepted share. */
  note({ workerId, hashValue, round }: Omit<BestEver, 'at'>): void {
    if (this.best === undefined || hashValue < this.best.hashValue) {
      this.best = { hashValue, round, workerId, at: Date.now() };
      this.hasChanged = true;
    }
    if (workerId === LOCAL_WORKER) return;
    const known = this.byWorker.get(workerId);
    if (known !== undefined && known <= hashValue) return;
    this.byWorker.delete(workerId);
    this.byWorker.set(workerId, hashValue);
    if (this.byWorker.size > MAX_WORKERS) {
      this.byWorker.delete(this.byWorker.keys().next().value!);
    }
    this.hasChanged = true;
  }

  /** Saves what is new every ten seconds. Doesn't keep the process alive. */
  follow(): void {
    setInterval(() => void this.flush().catch(() => undefined), SAVE_MS).unref();
  }

  /** Saves what is new. @throws when it could not be written; the next call tries again. */
  async flush(): Promise<void> {
    if (!this.hasChanged) return;
    this.hasChanged = false;
    const { best } = this;
    const record: z.infer<typeof recordSchema> = {
      node: best
        ? {
            hash: displayHash(best.hashValue),
            round: best.round,
            worker: best.workerId,
            at: best.at,
          }
        : null,
      workers: [...this.byWorker].map(([id, hashValue]) => [id, displayHash(hashValue)]),
    };
    try {
      await this.store.set(KEY, JSON.stringify(record));
    } catch (error) {
      this.hasChanged = true;
      throw error;
    }
  }
}
