import { z } from 'zod';
import type { Log } from '../log';
import type { KeyValueStore } from '../rounds/key-value-store';
import { readRecord } from '../rounds/read-record';
import { sampleTupleSchema, timeOf, toTuple, type Sample, type SampleTuple } from './sample';

const MINUTE_MS = 60_000;
/** How far back the samples go; each minute has a key of the store. */
export const MINUTES = 60;
/** The last minutes are kept in full, older ones and those in the store at this step. */
const FULL_MINUTES = 10;
const STEP_MS = 10_000;
/** A minute is written this often, so a kill loses at most this much. */
const WRITE_MS = 30_000;

const minuteSchema = z.array(sampleTupleSchema).max(MINUTE_MS / STEP_MS);

/** An hour of samples, in memory and in sixty small records. */
export class Samples {
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly store: KeyValueStore,
    private readonly log: Log,
    private samples: SampleTuple[],
  ) {}

  /** @param now ms since 1970: what is older than an hour then, or not past, is left behind */
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

  /** The samples after a time (ms since 1970), oldest first. */
  after(time: number): SampleTuple[] {
    return this.samples.filter((sample) => timeOf(sample) > time);
  }

  /** Takes one in; samples come in the order of their times, others are dropped. */
  add(sample: Sample): void {
    const { at } = sample;
    const last = this.samples[this.samples.length - 1];
    if (last && timeOf(last) >= at) return;
    if (last && Math.floor(timeOf(last) / WRITE_MS) !== Math.floor(at / WRITE_MS)) {
      this.write(Math.floor(timeOf(last) / MINUTE_MS));
    }
    this.samples.push(toTuple(sample));
    const fullSince = at - FULL_MINUTES * MINUTE_MS;
    this.samples = this.samples.filter(
      (kept) =>
        timeOf(kept) > at - MINUTES * MINUTE_MS && (timeOf(kept) > fullSince || isStored(kept)),
    );
  }

  /** Resolves when all that was begun to be written is. */
  written(): Promise<void> {
    return this.writing;
  }

  private write(minute: number): void {
    const samples = this.samples.filter(
      (sample) => Math.floor(timeOf(sample) / MINUTE_MS) === minute && isStored(sample),
    );
    this.writing = this.writing
      .then(() => this.store.set(keyOf(minute % MINUTES), JSON.stringify(samples)))
      .catch((error: unknown) => this.log.warn({ error }, 'the history could not be stored'));
  }
}

function isStored(sample: SampleTuple): boolean {
  return timeOf(sample) % STEP_MS === 0;
}

function keyOf(slot: number): string {
  return `history:${slot}`;
}
