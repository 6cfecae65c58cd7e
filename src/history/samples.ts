import { z } from 'zod';
import type { Log } from '../process/log';
import { type KeyValueStore, readRecord } from '../store/store';
import { Sequence } from './sequence';

// Samples of the node's last hour, one every two seconds: in memory, and in the store in records of a minute.

export const SAMPLE_MS = 2_000;
const MINUTE_MS = 60_000;
/** How far back the samples go; each minute has a key in the store. */
const MINUTES = 60;
/** The last minutes are kept in full; older samples, and those in the store, at STEP_MS. */
const FULL_MINUTES = 10;
const STEP_MS = 10_000;
/** The current minute is written this often, so a kill loses at most this much. */
const WRITE_MS = 30_000;
/** Up to this many threads have a line each. */
const MAX_THREADS_APART = 16;

const whole = z.number().int().nonnegative();

/**
 * [seconds since 1970, round or -1, hashes done, proven, shares, kH/s in all, kH/s of each thread ...];
 * short, since the store and the page both hold an hour of them.
 */
const sampleTupleSchema = z
  .tuple([whole, z.number().int().min(-1), whole, whole, whole, whole])
  .rest(whole);
export type SampleTuple = z.infer<typeof sampleTupleSchema>;

const minuteSchema = z.array(sampleTupleSchema).max(MINUTE_MS / STEP_MS);

/** The node at one moment. */
export interface Sample {
  /** ms since 1970, a multiple of SAMPLE_MS */
  at: number;
  /** The round being mined, or mined last; undefined before the first. */
  round: number | undefined;
  /** Hashes this node's threads did in that round, hashes its proof proves, and the shares in it. */
  hashesDone: number;
  hashesProven: number;
  shares: number;
  hashrateHps: number;
  /** The rate of each thread; stored only for up to MAX_THREADS_APART threads. */
  threadsHps: number[];
}

/** An hour of samples with rising times, in memory and in sixty small records. */
export class Samples {
  private writing: Promise<void> = Promise.resolve();
  private readonly samples: Sequence<SampleTuple>;
  private newest: number;

  private constructor(
    private readonly store: KeyValueStore,
    private readonly log: Log,
    samples: readonly SampleTuple[],
  ) {
    this.samples = new Sequence(samples);
    this.newest = Math.max(-Infinity, ...samples.map(timeOf));
  }

  /**
   * Leaves out samples older than an hour, and those in the future: nobody knows what clock they were taken by, and new
   * samples must not have to wait for them.
   * @param now ms since 1970
   */
  static async open(store: KeyValueStore, log: Log, now: number): Promise<Samples> {
    const minutes = await Promise.all(
      Array.from({ length: MINUTES }, (_, slot) =>
        readRecord(store, keyOf(slot), minuteSchema, log),
      ),
    );
    const samples = minutes
      .flatMap((minute) => minute ?? [])
      .filter((sample) => timeOf(sample) <= now && timeOf(sample) > now - MINUTES * MINUTE_MS)
      .sort((a, b) => timeOf(a) - timeOf(b));
    return new Samples(store, log, samples);
  }

  /** Place of the newest sample, as counted by this process. */
  get last(): number {
    return this.samples.last;
  }

  /** The samples after a place, oldest first. */
  after(place: number): SampleTuple[] {
    return this.samples.after(place);
  }

  /** Adds a sample; one that isn't later than the newest is dropped. */
  add(sample: Sample): void {
    const { at } = sample;
    if (this.newest >= at) return;
    if (Math.floor(this.newest / WRITE_MS) !== Math.floor(at / WRITE_MS)) {
      this.write(Math.floor(this.newest / MINUTE_MS));
    }
    this.newest = at;
    this.samples.add(toTuple(sample));
    const fullSince = at - FULL_MINUTES * MINUTE_MS;
    this.samples.keep(
      (kept) =>
        timeOf(kept) > at - MINUTES * MINUTE_MS && (timeOf(kept) > fullSince || isStored(kept)),
    );
  }

  /**
   * Moves all times by about what the clock they were taken from was wrong by; never by more, so that the next sample
   * is later than all of them.
   */
  shift(ms: number): void {
    // By whole steps, so that stored samples stay on a step.
    const seconds = (Math.floor(ms / STEP_MS) * STEP_MS) / 1000;
    this.newest += seconds * 1000;
    this.samples.change(([at, ...rest]) => [at + seconds, ...rest]);
    this.samples.keep((sample) => timeOf(sample) >= 0);
    this.writeAll();
  }

  /** Cuts the samples' link to their rounds: after a network reset the numbers mean other rounds. */
  forgetRounds(): void {
    this.samples.change(([at, , ...rest]) => [at, -1, ...rest]);
    this.writeAll();
  }

  /** Resolves when all writes begun so far are done. */
  written(): Promise<void> {
    return this.writing;
  }

  /** Also overwrites records of minutes that have no samples any more. */
  private writeAll(): void {
    const newest = Math.floor(this.newest / MINUTE_MS);
    if (!Number.isFinite(newest)) return;
    for (let back = 0; back < MINUTES; back++) this.write(newest - back);
  }

  private write(minute: number): void {
    if (!(minute >= 0)) return;
    const samples = this.samples.values.filter(
      (sample) => Math.floor(timeOf(sample) / MINUTE_MS) === minute && isStored(sample),
    );
    this.writing = this.writing
      .then(() => this.store.set(keyOf(minute % MINUTES), JSON.stringify(samples)))
      .catch((error: unknown) => this.log.warn({ error }, 'the history could not be stored'));
  }
}

/** The time of a sample, in ms since 1970. */
export function timeOf([seconds]: SampleTuple): number {
  return seconds * 1000;
}

function toTuple(sample: Sample): SampleTuple {
  const { at, round, hashesDone, hashesProven, shares, hashrateHps, threadsHps } = sample;
  const kilo = (rate: number): number => Math.round(rate / 1000);
  const threads = threadsHps.length > MAX_THREADS_APART ? [] : threadsHps.map(kilo);
  return [at / 1000, round ?? -1, hashesDone, hashesProven, shares, kilo(hashrateHps), ...threads];
}

function isStored(sample: SampleTuple): boolean {
  return timeOf(sample) % STEP_MS === 0;
}

function keyOf(slot: number): string {
  return `history:${slot}`;
}
