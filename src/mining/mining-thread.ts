import type { Worker } from 'node:worker_threads';
import type { Attempt } from '../work/attempt';
import type { Template } from '../work/segment';
import type { Backend } from './kernel';
import type { FromThread, ThreadData, ToThread } from './messages';
import { RateMeter } from './rate-meter';
import { createRing, RingReader } from './ring-channel';
import { startThread } from './start-thread';

/** What all threads of an engine search together. */
export interface MiningJob {
  template: Template;
  /** u32: where every thread begins to roll; what lies before it was searched already. */
  extranonce2: number;
  /**
   * u16: the one extranonce1 of a remote worker. Its threads share it, so each begins in a part of the
   * extranonce2 of its own. Left out, every thread has an extranonce1 of its own.
   */
  extranonce1?: number;
  /** The highest hash value wanted. */
  target: bigint;
  /** Called with what a thread found, not yet checked. */
  onFound: (attempts: Attempt[]) => void;
}

export type EngineLog = (level: 'debug' | 'info' | 'warn', message: string) => void;

export interface ThreadListener {
  /** Called with what it says of itself, as "what: why". */
  log: EngineLog;
  /** Called when the thread has come up. */
  onReady: () => void;
  /** Called with why the thread does not run: once for each reason until it is up again. */
  onFailure: (reason: string) => void;
}

/** With 256 threads at most, the parts cover the 2^32 values of extranonce2 without touching. */
const EXTRANONCE2_PER_THREAD = 2 ** 24;

/** How often a thread's messages are looked for. */
const LOOK_MS = 50;
const FIRST_RESTART_MS = 1000;
const MAX_RESTART_MS = 60_000;
/**
 * Where the system has no thread to give (pids.max, RLIMIT_NPROC, memory). Node keeps 30 KB of each try for
 * good (measured, 18 and 20), so that one a minute would be 43 MB a day.
 */
const MAX_START_RETRY_MS = 3_600_000;
/** A thread that tells nothing for longer stands still: at 1 % it tells of itself every two seconds or so. */
const SILENT_MS = 10_000;

/** One mining thread as the engine sees it: started again, with back-off, when it dies or can't be had. */
export class MiningThread {
  /** Of what it would hash at full intensity, over jobs, rests and changes of the intensity. */
  private readonly meter = new RateMeter();
  private worker: Worker | undefined;
  private ring = createRing();
  private job: MiningJob | undefined;
  private jobNumber = 0;
  private hashesBeforeRestart = 0;
  private hashesOfJob = 0;
  private extranonce2 = 0;
  private intensity = 100;
  /** The last intensity that was not 0. */
  private workIntensity = 100;
  /** When it last told of its hashes, or was told to hash. */
  private toldAtMs = 0;
  private restartMs = FIRST_RESTART_MS;
  private restartTimer: NodeJS.Timeout | undefined;
  private readyAtMs = Infinity;
  private closed = false;
  private resolveStopped: (() => void) | undefined;

  /** What hashes in this thread; undefined until it is ready. */
  backend: Backend | undefined;
  /** Why other backends are not used, each note beginning with a backend's name. */
  notes: readonly string[] = [];
  /** Why its last try to run failed; undefined when it did not. */
  fault: string | undefined;

  /**
   * @param index 0..255, its extranonce1 in the jobs of a node
   * @param presumedHps what it is taken to hash at full intensity until that was measured
   */
  constructor(
    private readonly index: number,
    private readonly requested: ThreadData['backend'],
    private readonly listener: ThreadListener,
    private readonly presumedHps?: number,
  ) {
    this.spawn();
  }

  /** The best that is known of its rate now; 0 while it stands still, or when nothing is known. */
  get hashrateHps(): number {
    const isHashing = this.job !== undefined && this.backend !== undefined && this.intensity > 0;
    return isHashing && !this.isSilent ? (this.workHps ?? 0) : 0;
  }

  /** Its rate whenever it hashes, by its last intensity above 0; undefined while nothing is known. */
  get workHps(): number | undefined {
    const { fullHps } = this;
    return fullHps === undefined ? undefined : (fullHps * this.workIntensity) / 100;
  }

  /** The same at full intensity. */
  get fullHps(): number | undefined {
    return this.meter.perSecond ?? this.presumedHps;
  }

  /** Hashes done of the current or last job. */
  get hashes(): number {
    return this.hashesBeforeRestart + this.hashesOfJob;
  }

  search(job: MiningJob): void {
    this.job = job;
    this.hashesBeforeRestart = 0;
    this.post(this.startOf(job));
  }

  setTarget(target: bigint): void {
    if (this.job) this.job = { ...this.job, target };
    this.send({ type: 'target', target });
  }

  /** @param percent of the time to hash, 0..100; at 0 the thread waits where it is */
  setIntensity(percent: number): void {
    if (percent === this.intensity) return;
    this.intensity = percent;
    if (percent > 0) this.workIntensity = percent;
    this.send({ type: 'intensity', percent });
    this.interruptMeter();
  }

  /** Resolves when the thread has stopped searching and has told all it found. */
  async stop(): Promise<void> {
    if (!this.job) return;
    const stopped = this.backend
      ? new Promise<void>((resolve) => (this.resolveStopped = resolve))
      : undefined;
    this.send({ type: 'stop' });
    await stopped;
    this.job = undefined;
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.restartTimer);
    await this.worker?.terminate();
  }

  private spawn(): void {
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
    this.resolveStopped?.();
    if (this.closed) return;
    this.hashesBeforeRestart += this.hashesOfJob;
    this.hashesOfJob = 0;
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

  private startOf({ extranonce1, extranonce2 }: MiningJob): number {
    const part = extranonce1 === undefined ? 0 : this.index * EXTRANONCE2_PER_THREAD;
    return (extranonce2 + part) % 2 ** 32;
  }

  private post(extranonce2: number): void {
    if (!this.job) return;
    this.hashesOfJob = 0;
    this.extranonce2 = extranonce2;
    const { template, target, extranonce1 = this.index } = this.job;
    const space = { template, extranonce1, extranonce2 };
    this.interruptMeter();
    this.send({ type: 'search', job: ++this.jobNumber, space, target });
  }

  private send(message: ToThread): void {
    if (this.backend) this.worker!.postMessage(message);
  }

  private receive(message: FromThread): void {
    if (message.type === 'ready') {
      const restarted = this.hashesBeforeRestart > 0;
      this.backend = message.backend;
      this.notes = message.notes;
      this.fault = undefined;
      this.listener.onReady();
      this.readyAtMs = performance.now();
      this.send({ type: 'intensity', percent: this.intensity });
      // What the dead thread was searching is not known to the nonce: go on behind it.
      if (this.job)
        this.post(restarted ? (this.extranonce2 + 1) % 2 ** 32 : this.startOf(this.job));
      return;
    }
    if (message.type === 'log') return this.listener.log(message.level, message.message);
    if (message.job !== this.jobNumber) return;
    switch (message.type) {
      case 'found':
        this.job?.onFound(message.attempts);
        break;
      case 'progress':
        this.extranonce2 = message.extranonce2;
        this.hashesOfJob = message.hashes;
        this.measure();
        break;
      case 'stopped':
        this.hashesOfJob = message.hashes;
        this.resolveStopped?.();
        break;
    }
  }

  private get isSilent(): boolean {
    return performance.now() - this.toldAtMs > SILENT_MS;
  }

  /** What it was told changes: only what it tells twice after that shows how fast it is now. */
  private interruptMeter(): void {
    this.meter.interrupt();
    this.toldAtMs = performance.now();
  }

  private measure(): void {
    // Asleep with the machine, or never let run: that says nothing of how fast it is.
    if (this.isSilent) this.meter.interrupt();
    this.toldAtMs = performance.now();
    this.meter.update((this.hashesOfJob * 100) / this.workIntensity);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
