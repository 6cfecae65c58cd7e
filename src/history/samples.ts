import { z } from 'zod';
import type { Log } from '../process/log';
import { type KeyValueStore, readRecord } from '../store/store';
import { Sequence } from './sequence';

// The last hour of the node, a sample every two seconds: in memory, and by the minute in the store.

export const SAMPLE_MS = 2_000;
const MINUTE_MS = 60_000;
/** How far back the samples go; each minute has a key of the store. */
const MINUTES = 60;
/** The last minutes are kept in full, older ones and those in the store at this step. */
const FULL_MINUTES = 10;
const STEP_MS = 10_000;
/** A minute is written this often, so a kill loses at most this much. */
const WRITE_MS = 30_000;
/** Threads that have a line of their own. */
const MAX_THREADS_APART = 16;

const whole = z.number().int().nonnegative();

/**
 * [seconds since 1970, round or -1, hashes done, proven, shares, kH/s in all, kH/s of each thread ...];
 * short, for the store and the page both hold an hour of them.
 */
const sampleTupleSchema = z
  .tuple([whole, z.number().int().min(-1), whole, whole, whole, whole])
  .rest(whole);
export type SampleTuple = z.infer<typeof sampleTupleSchema>;

const minuteSchema = z.array(sampleTupleSchema).max(MINUTE_MS / STEP_MS);

/** What the node did at one moment. */
export interface Sample {
  /** ms since 1970, a multiple of SAMPLE_MS */
  at: number;
  /** The round being mined, or the last one; undefined before the first. */
  round: number | undefined;
  /** Hashes this node's threads did in that round, hashes its proof proves, and the shares in it. */
  hashesDone: number;
  hashesProven: number;
  shares: number;
  hashrateHps: number;
  /** The rate of each thread; empty where there are too many to be told apart. */
  threadsHps: number[];
}

/** An hour of samples, in memory and in sixty small records. Their times rise. */
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
   * What is older than an hour is left behind, and what is not past: by which clock it was taken is not known, and what
   * is taken now must not wait for it.
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

  /** Place of the newest sample, in the order of this process. */
  get last(): number {
    return this.samples.last;
  }

  /** Those behind a place, oldest first. */
  after(place: number): SampleTuple[] {
    return this.samples.after(place);
  }

  /** Takes one in; one that is not later than the newest is dropped. */
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
   * Moves the times of all by about so much, since the clock they were taken from was wrong by it; never further, so
   * that the next sample is later than they are.
   */
  shift(ms: number): void {
    // By whole steps: those that are stored stay so.
    const seconds = (Math.floor(ms / STEP_MS) * STEP_MS) / 1000;
    this.newest += seconds * 1000;
    this.samples.change(([at, ...rest]) => [at + seconds, ...rest]);
    this.samples.keep((sample) => timeOf(sample) >= 0);
    this.writeAll();
  }

  /** Takes the samples for no round's any more: after a reset of the network the numbers are others'. */
  forgetRounds(): void {
    this.samples.change(([at, , ...rest]) => [at, -1, ...rest]);
    this.writeAll();
  }

  /** Resolves when all that was begun to be written is. */
  written(): Promise<void> {
    return this.writing;
  }

  /** What stands in no minute any more gives way as well. */
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
