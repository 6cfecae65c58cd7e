import type { Worker } from 'node:worker_threads';
import type { Attempt } from '../../work/attempt';
import type { Template } from '../../work/segment';
import type { Backend } from '../kernels/kernel';
import { messageOf } from '../message-of';
import { RateMeter } from '../rate-meter';
import {
  type FromThread,
  type ThreadData,
  type ToThread,
  createRing,
  RingReader,
} from './messages';
import { pendingTrial } from './native-code';
import { startThread } from './start-thread';

/** What all threads of an engine search together. */
export interface EngineWork {
  template: Template;
  /** u16: the first two bytes of the extranonce, leased to this search alone; all threads share it. */
  prefix: number;
  /** u32: where the first thread begins to roll extranonce2; each further one begins 2^24 later, mod 2^32. */
  extranonce2: number;
  /** The highest hash value wanted. */
  target: bigint;
  /** Called with what was found, not yet checked; may come late, after the work was replaced. */
  onFound: (attempts: Attempt[]) => void;
  /**
   * Called with the number of hashes done since the last call. Every hash is reported exactly once, to the work it was
   * done for, even after that was replaced. If a thread dies, what it did since its last report is lost.
   */
  onHashes: (count: number) => void;
  /** Told for each thread that began to hash it, up to 100 ms later: when, by process.hrtime. */
  onBegun?: (atNs: bigint) => void;
}

/** A work that a thread was told to search. */
interface Order {
  work: EngineWork;
  /** Hashes reported so far. */
  hashes: number;
  /** Resolves when everything has been reported, or the thread is dead. */
  over: Promise<void>;
  end: () => void;
}

export type EngineLog = (level: 'debug' | 'info' | 'warn', message: string) => void;

export interface ThreadListener {
  /** Called with what the thread says about itself, as "what: why". */
  log: EngineLog;
  /** Called when the thread has come up. */
  onReady: () => void;
  /** Called with the reason why the thread does not run: once for each reason until it is up again. */
  onFailure: (reason: string) => void;
}

/** With 256 threads at most, the parts cover the 2^32 values of extranonce2 without overlapping. */
const EXTRANONCE2_PER_THREAD = 2 ** 24;

/** How often a thread's messages are read. */
const LOOK_MS = 50;
const FIRST_RESTART_MS = 1000;
const MAX_RESTART_MS = 60_000;
/**
 * The limit while the system has no thread to give (pids.max, RLIMIT_NPROC, memory). Node never frees 30 KB of each
 * attempt (measured, 18 and 20), so one a minute would be 43 MB a day.
 */
const MAX_START_RETRY_MS = 3_600_000;
/** A thread that is silent for longer stands still: even at 1 % it reports every two seconds or so. */
const SILENT_MS = 10_000;

/** One mining thread as the engine sees it: started again, with back-off, when it dies or can't be started. */
export class MiningThread {
  /** What it would hash at full intensity, measured across works, rests and changes of intensity. */
  private readonly meter = new RateMeter();
  private worker: Worker | undefined;
  private ring = createRing();
  /** What it should search now, whether or not it is up. */
  private work: EngineWork | undefined;
  /** Beyond everything searched of that work: where the next thread begins if this one dies. */
  private nextExtranonce2 = 0;
  /** What the thread that is up was told to search and may still report on, by number. */
  private readonly orders = new Map<number, Order>();
  private lastOrder = 0;
  private intensity = 100;
  /** The last intensity that was not 0. */
  private workIntensity = 100;
  /** When it last reported hashes, or was told to hash. */
  private toldAtMs = 0;
  private restartMs = FIRST_RESTART_MS;
  private restartTimer: NodeJS.Timeout | undefined;
  private readyAtMs = Infinity;
  private closed = false;

  /** What hashes in this thread; undefined until it is ready. */
  backend: Backend | undefined;
  /** Why other backends are not used, each note beginning with a backend's name. */
  notes: readonly string[] = [];
  /** Why its last attempt to run failed; undefined if it didn't. */
  fault: string | undefined;

  /**
   * @param index 0..255, which part of a work is its own
   * @param presumedHps its assumed rate at full intensity, until that has been measured
   */
  constructor(
    private readonly index: number,
    private readonly requested: ThreadData['backend'],
    private readonly listener: ThreadListener,
    private readonly presumedHps?: number,
  ) {
    this.spawn();
  }

  /** The best estimate of its current rate; 0 while it stands still or nothing is known. */
  get hashrateHps(): number {
    const isHashing = this.work !== undefined && this.backend !== undefined && this.intensity > 0;
    return isHashing && !this.isSilent ? (this.workHps ?? 0) : 0;
  }

  /** Its rate while it hashes, at its last intensity above 0; undefined if nothing is known. */
  get workHps(): number | undefined {
    const { fullHps } = this;
    return fullHps === undefined ? undefined : (fullHps * this.workIntensity) / 100;
  }

  /** The same at full intensity. */
  get fullHps(): number | undefined {
    return this.meter.perSecond ?? this.presumedHps;
  }

  /** Starts on a work. The one before ends, and is reported to its end. */
  search(work: EngineWork): void {
    this.work = work;
    this.nextExtranonce2 = (work.extranonce2 + this.index * EXTRANONCE2_PER_THREAD) % 2 ** 32;
    this.begin();
  }

  /** Changes the target of the current work; does nothing without one. */
  setTarget(target: bigint): void {
    if (!this.work) return;
    this.work = { ...this.work, target };
    this.send({ type: 'target', target });
  }

  /** @param percent of the time to hash, 0..100; at 0 the thread keeps its place */
  setIntensity(percent: number): void {
    if (percent === this.intensity) return;
    this.intensity = percent;
    if (percent > 0) this.workIntensity = percent;
    this.send({ type: 'intensity', percent });
    this.interruptMeter();
  }

  /**
   * Stops searching. Resolves when everything searched until now has been reported, or the thread is dead. A search
   * that begins meanwhile is neither ended nor waited for.
   */
  async stop(): Promise<void> {
    if (this.work) this.send({ type: 'stop' });
    this.work = undefined;
    await Promise.all([...this.orders.values()].map(({ over }) => over));
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.restartTimer);
    await this.worker?.terminate();
  }

  private spawn(): void {
    const trial = pendingTrial(this.requested);
    if (trial) return void trial.then(() => !this.closed && this.spawn());
    const { ring } = this;
    let worker: Worker;
    try {
      worker = startThread(`mining-${this.index}`, { backend: this.requested, ring });
    } catch (error) {
      return this.onFailure(messageOf(error), MAX_START_RETRY_MS);
    }
    this.worker = worker;
    const reader = new RingReader<FromThread>(ring);
    const look = (): void => reader.read().forEach((message) => this.receive(message));
    const looking = setInterval(look, LOOK_MS).unref();
    let reason: string | undefined;
    worker.on('error', (error: unknown) => (reason = messageOf(error)));
    worker.on('exit', (code) => {
      clearInterval(looking);
      look();
      this.onExit(reason ?? `it ended with code ${code}`);
    });
    // The process may end while threads are mining.
    worker.unref();
  }

  private onExit(reason: string): void {
    this.backend = undefined;
    this.worker = undefined;
    // The dead thread may have left half a message in the old one.
    this.ring = createRing();
    for (const { end } of this.orders.values()) end();
    this.orders.clear();
    if (this.closed) return;
    if (performance.now() - this.readyAtMs > MAX_RESTART_MS) this.restartMs = FIRST_RESTART_MS;
    this.readyAtMs = Infinity;
    this.onFailure(reason, MAX_RESTART_MS);
  }

  private onFailure(reason: string, maxRestartMs: number): void {
    if (reason !== this.fault) this.listener.onFailure(reason);
    this.fault = reason;
    const restartMs = Math.min(this.restartMs, maxRestartMs);
    this.restartTimer = setTimeout(() => this.spawn(), restartMs).unref();
    this.restartMs = restartMs * 2;
  }

  /** Starts the thread on the current work, if it is up and there is one. */
  private begin(): void {
    const { work, nextExtranonce2: extranonce2 } = this;
    if (!work || !this.backend) return;
    let end = (): void => undefined;
    const over = new Promise<void>((resolve) => (end = resolve));
    this.orders.set(++this.lastOrder, { work, hashes: 0, over, end });
    this.searching(extranonce2);
    this.interruptMeter();
    const { template, prefix, target } = work;
    const space = { template, prefix, extranonce2 };
    this.send({ type: 'search', order: this.lastOrder, space, target });
  }

  /** Notes that this extranonce2 may have been searched by now, at least in part. */
  private searching(extranonce2: number): void {
    // This stays within its part: leaving that would take 2^56 hashes, or 2^24 restarts.
    this.nextExtranonce2 = (extranonce2 + 1) % 2 ** 32;
  }

  private send(message: ToThread): void {
    if (this.backend) this.worker!.postMessage(message);
  }

  private receive(message: FromThread): void {
    if (message.type === 'ready') {
      this.backend = message.backend;
      this.notes = message.notes;
      this.fault = undefined;
      this.listener.onReady();
      this.readyAtMs = performance.now();
      this.send({ type: 'intensity', percent: this.intensity });
      this.begin();
      return;
    }
    if (message.type === 'log') return this.listener.log(message.level, message.message);
    const order = this.orders.get(message.order);
    if (!order) return;
    switch (message.type) {
      case 'begun':
        order.work.onBegun?.(message.atNs);
        break;
      case 'found':
        order.work.onFound(message.attempts);
        break;
      case 'progress':
        if (message.order === this.lastOrder) {
          this.searching(message.extranonce2);
          this.measure(message.hashes);
        }
        count(order, message.hashes);
        break;
      case 'stopped':
        count(order, message.hashes);
        this.orders.delete(message.order);
        order.end();
        break;
    }
  }

  private get isSilent(): boolean {
    return performance.now() - this.toldAtMs > SILENT_MS;
  }

  /** Its orders have changed: only two reports after that show how fast it is now. */
  private interruptMeter(): void {
    this.meter.interrupt();
    this.toldAtMs = performance.now();
  }

  /** @param hashes of the last order so far */
  private measure(hashes: number): void {
    // It slept with the machine, or was never let run: that says nothing about its speed.
    if (this.isSilent) this.meter.interrupt();
    this.toldAtMs = performance.now();
    this.meter.update((hashes * 100) / this.workIntensity);
  }
}

/** @param hashes of the order so far */
function count(order: Order, hashes: number): void {
  const more = hashes - order.hashes;
  order.hashes = hashes;
  if (more > 0) order.work.onHashes(more);
}
