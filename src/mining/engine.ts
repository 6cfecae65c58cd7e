import { sparingly } from '../log';
import type { Backend } from './kernel';
import { MiningThread, type EngineLog, type MiningJob } from './mining-thread';

/** extranonce1 0x0000..0x00ff are the node's own threads (docs/PROTOCOL.md section 4). */
export const MAX_THREADS = 256;

/** Threads come and go together: how many run is told when that has settled. */
const TELL_MS = 2000;

export interface EngineOptions {
  /** 1..256 */
  threads: number;
  backend: 'auto' | Backend;
  log: EngineLog;
}

export interface ThreadState {
  /** Undefined while the thread is not up. */
  backend: Backend | undefined;
  /** Why other backends are not used, each note beginning with a backend's name. */
  notes: readonly string[];
  hashrateHps: number;
  /** Whether its last try to run ended in a failure. */
  failed: boolean;
}

/** The node's own miner: threads that search one job together, each in an extranonce1 of its own. */
export class Engine {
  private readonly threads: MiningThread[];
  private readonly telling: NodeJS.Timeout;
  /** How many threads run, as was told last; all of them unless told otherwise. */
  private told: number;
  private percent = 100;

  constructor(private readonly options: EngineOptions) {
    const { threads, backend, log } = options;
    if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
      throw new RangeError(`threads: expected 1 to ${MAX_THREADS}, got ${threads}`);
    }
    const onFailure = sparingly((times, reason: string) =>
      log('warn', `mining thread failed: ${reason}${times > 1 ? ` (${times} failures)` : ''}`),
    );
    this.threads = Array.from(
      { length: threads },
      (_, index) => new MiningThread(index, backend, { log, onFailure }),
    );
    this.told = threads;
    this.telling = setInterval(() => this.tell(), TELL_MS).unref();
  }

  /** What hashes in each thread; undefined where a thread is not up. */
  get backends(): (Backend | undefined)[] {
    return this.threads.map(({ backend }) => backend);
  }

  /** Each thread as it is now. */
  get threadStates(): ThreadState[] {
    return this.threads.map(({ backend, notes, hashrateHps, fault }) => ({
      ...{ backend, notes, hashrateHps, failed: fault !== undefined },
    }));
  }

  get hashrateHps(): number {
    return this.threads.reduce((sum, thread) => sum + thread.hashrateHps, 0);
  }

  /** Hashes done of the current or last job. */
  get hashes(): number {
    return this.threads.reduce((sum, thread) => sum + thread.hashes, 0);
  }

  /** Whether it was told not to hash, whatever the job. */
  get resting(): boolean {
    return this.percent === 0;
  }

  /** Whether any thread is up or starting. */
  get healthy(): boolean {
    return this.running > 0;
  }

  /** Starts on a job; the one before it ends. */
  search(job: MiningJob): void {
    for (const thread of this.threads) thread.search(job);
  }

  /** Changes the highest hash value wanted of the current job. */
  setTarget(target: bigint): void {
    for (const thread of this.threads) thread.setTarget(target);
  }

  /** @param percent of each thread's time to hash, 0..100; at 0 they wait where they are */
  setIntensity(percent: number): void {
    this.percent = percent;
    for (const thread of this.threads) thread.setIntensity(percent);
  }

  /** Stops searching; resolves when every thread has told what it found, within about 100 ms. */
  async stop(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.stop()));
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    clearInterval(this.telling);
    await Promise.all(this.threads.map((thread) => thread.close()));
  }

  /** Threads that are up or starting. */
  private get running(): number {
    return this.threads.filter(({ fault }) => fault === undefined).length;
  }

  private tell(): void {
    const { running } = this;
    const { threads, log } = this.options;
    if (running === this.told) return;
    this.told = running;
    log(running < threads ? 'warn' : 'info', `mining with ${running} of ${threads} threads`);
  }
}
