import { count } from '../format';
import { sparingly } from '../process/log';
import { BACKENDS, type Backend } from './kernels/kernel';
import { missingAddonAdvice } from './kernels/native';
import { writeAddonsTo } from './threads/native-code';
import { MiningThread, type EngineLog, type EngineWork } from './threads/mining-thread';

/** Each thread has 2^24 of the 2^32 values of extranonce2. */
export const MAX_THREADS = 256;

/** Threads come and go together, so their number is logged once that has settled. */
const TELL_MS = 2000;

/** What an engine is made of. */
export interface EngineSetup {
  /** 1..256 */
  threads: number;
  backend: 'auto' | Backend;
}

export interface EngineOptions extends EngineSetup {
  log: EngineLog;
  /** Where a bundle writes its native code, if it may: a folder for this process alone. Else among the temporary files. */
  addonFolder?: string | undefined;
}

export interface ThreadState {
  /** Undefined while the thread is not up. */
  backend: Backend | undefined;
  /** Why other backends are not used, each note beginning with a backend's name. */
  notes: readonly string[];
  hashrateHps: number;
  /** Whether its last attempt to run failed. */
  failed: boolean;
}

/** Threads that search one work together, each in its own part of extranonce2. */
export class Engine {
  private readonly threads: MiningThread[] = [];
  /** Threads that are no longer wanted, until they have reported what they did. */
  private readonly leaving = new Set<MiningThread>();
  private hashesDone = 0;
  private readonly onFailure: (reason: string) => void;
  /** What the threads were made with. */
  private made: EngineSetup;
  private wanted: EngineSetup;
  private readonly telling: NodeJS.Timeout;
  /** How many threads run and on what, as last logged. */
  private told = '';
  /**
   * What threads have logged, without the reasons, which may name files of one thread's own: one thread speaks for all.
   */
  private readonly said = new Set<string>();
  private isAdviceTold = false;
  private percent = 100;
  private readonly log: EngineLog;

  /** @throws RangeError when `threads` is out of range */
  constructor({ log, addonFolder, ...setup }: EngineOptions) {
    this.log = log;
    if (addonFolder !== undefined) writeAddonsTo(addonFolder);
    this.onFailure = sparingly((times, reason: string) =>
      log('warn', `mining thread failed: ${reason}${times > 1 ? ` (${times} failures)` : ''}`),
    );
    this.made = this.wanted = checked(setup);
    this.addThreads();
    this.telling = setInterval(() => this.tell(), TELL_MS).unref();
  }

  /** The backend in each thread; undefined where a thread is not up. */
  get backends(): (Backend | undefined)[] {
    return this.threads.map(({ backend }) => backend);
  }

  /** Each thread as it is now. */
  get threadStates(): ThreadState[] {
    return this.threads.map(({ backend, notes, hashrateHps, fault }) => ({
      backend,
      notes,
      hashrateHps,
      failed: fault !== undefined,
    }));
  }

  /** The best estimate of its current rate; 0 while it stands still or nothing is known. */
  get hashrateHps(): number {
    return sumOf(this.threads.map(({ hashrateHps }) => hashrateHps));
  }

  /** The rate that the threads that are up have while they hash; undefined if nothing is known of it. */
  get workHps(): number | undefined {
    const known = this.threads.flatMap(({ backend, workHps }) => (backend && workHps) ?? []);
    return known.length > 0 ? sumOf(known) : undefined;
  }

  /** Hashes that its threads have reported since it was created. */
  get hashes(): number {
    return this.hashesDone;
  }

  /** Whether it was told not to hash, whatever the work. */
  get resting(): boolean {
    return this.percent === 0;
  }

  /** Whether any thread is up or starting. */
  get healthy(): boolean {
    return this.running > 0;
  }

  /** The backend that was asked for when its threads were created. */
  get requestedBackend(): EngineSetup['backend'] {
    return this.made.backend;
  }

  /**
   * Changes the threads when the next work starts: within one work, a new thread would search again what an earlier one
   * has searched.
   * @throws RangeError when `threads` is out of range
   */
  configure(setup: EngineSetup): void {
    this.wanted = checked(setup);
  }

  /**
   * Starts on a work at once and ends the one before. What was found and hashed for that one is still reported, to its
   * own `onFound` and `onHashes`, within about 100 ms.
   */
  search(work: EngineWork): void {
    this.make();
    const counted: EngineWork = {
      ...work,
      onHashes: (count) => {
        this.hashesDone += count;
        work.onHashes(count);
      },
    };
    for (const thread of this.threads) thread.search(counted);
  }

  /** Changes the target of the current work; does nothing without one. */
  setTarget(target: bigint): void {
    for (const thread of this.threads) thread.setTarget(target);
  }

  /** @param percent of each thread's time to hash, 0..100; at 0 the threads keep their place */
  setIntensity(percent: number): void {
    if (percent === this.percent) return;
    this.percent = percent;
    for (const thread of this.threads) thread.setIntensity(percent);
  }

  /**
   * Stops searching. Resolves within about 100 ms, when everything searched until now has been reported, including
   * works that were replaced; or when the engine is closed. May be called any number of times at once. A search that
   * begins meanwhile is neither ended nor waited for.
   */
  async stop(): Promise<void> {
    await Promise.all([...this.threads, ...this.leaving].map((thread) => thread.stop()));
  }

  /** Ends the threads. Stop it first: what they did since their last report is lost. */
  async close(): Promise<void> {
    clearInterval(this.telling);
    await Promise.all([...this.threads, ...this.leaving].map((thread) => thread.close()));
  }

  /** Threads that are up or starting. */
  private get running(): number {
    return this.threads.filter(({ fault }) => fault === undefined).length;
  }

  /** Adds and dismisses threads until they are as wanted. */
  private make(): void {
    const { threads, backend } = this.wanted;
    if (threads === this.made.threads && backend === this.made.backend) return;
    const kept = backend === this.made.backend ? threads : 0;
    const known = this.threads.flatMap(({ fullHps }) => fullHps ?? []);
    for (const thread of this.threads.splice(kept)) void this.dismiss(thread);
    this.made = this.wanted;
    // Until they are measured, new threads are assumed to be as fast as the earlier ones.
    this.addThreads(known.length > 0 ? sumOf(known) / known.length : undefined);
    this.told = '';
    if (kept === 0) this.said.clear();
  }

  /** Ends a thread that is no longer wanted, once it has reported what it did. */
  private async dismiss(thread: MiningThread): Promise<void> {
    this.leaving.add(thread);
    await thread.stop();
    await thread.close();
    this.leaving.delete(thread);
  }

  /** @param presumedHps the rate of each at full intensity, if something is known */
  private addThreads(presumedHps?: number): void {
    const { threads, backend } = this.made;
    const { onFailure } = this;
    const log: EngineLog = (level, message) => this.logOnce(level, message);
    const onReady = (): void => {
      if (this.told === '') this.tell();
    };
    for (let index = this.threads.length; index < threads; index++) {
      const thread = new MiningThread(index, backend, { log, onReady, onFailure }, presumedHps);
      thread.setIntensity(this.percent);
      this.threads.push(thread);
    }
  }

  /** Logs how many threads run and on what, once each has come up or failed, and again when that has changed. */
  private tell(): void {
    const { running, backends, log } = this;
    const { threads } = this.made;
    const up = backends.filter((backend) => backend !== undefined).length;
    if (up < running) return;
    const all = running === threads && this.told === '';
    const line = `mining with ${all ? count(threads, 'thread') : `${running} of ${threads} threads`}`;
    const told = `${running} on ${listed(backends)}`;
    if (told === this.told) return;
    this.told = told;
    log(running < threads ? 'warn' : 'info', up > 0 ? `${line} on ${listed(backends)}` : line);
    if (up > 0 && !backends.includes('native')) this.advise();
  }

  /** Logs what would make mining faster. */
  private advise(): void {
    const advice = missingAddonAdvice();
    const wouldUse = this.made.backend === 'auto' || this.made.backend === 'native';
    if (!advice || !wouldUse || this.isAdviceTold) return;
    this.isAdviceTold = true;
    this.log(advice.level, advice.message);
  }

  private logOnce(level: 'debug' | 'info' | 'warn', message: string): void {
    const what = message.replace(/:.*/s, '');
    if (this.said.has(what)) return;
    this.said.add(what);
    this.log(level, message);
  }
}

/** "wasm-simd", or "3 native, 1 js" where they differ. */
function listed(used: readonly (Backend | undefined)[]): string {
  const counts = BACKENDS.map(
    (name) => [used.filter((each) => each === name).length, name] as const,
  );
  const found = counts.filter(([number]) => number > 0);
  return found.length === 1 ? found[0]![1] : found.map((each) => each.join(' ')).join(', ');
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function checked({ threads, backend }: EngineSetup): EngineSetup {
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
    throw new RangeError(`threads: expected 1 to ${MAX_THREADS}, got ${threads}`);
  }
  return { threads, backend };
}
