import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { inTurns } from '../process/event-loop';
import type { Log } from '../process/log';
import { type KeyValueStore, readRecord } from '../store/store';
import {
  decodeSubmission,
  seedFromDecoded,
  type DecodedSubmission,
  type Submissions,
} from '../work/seed';

/** What this node can ask the chain. */
export interface Chain {
  /**
   * The final submissions of a round.
   * @throws NotKeptError when the chain no longer holds them, NotYetError while they aren't final, anything else when
   *   they can't be read now.
   */
  submissions(round: number): Promise<Submissions>;
  /** Whether every answer is complete, so that one reading is enough. */
  readonly isCertain?: boolean;
}

/** The chain has forgotten a round's submissions. */
export class NotKeptError extends Error {
  override readonly name = 'NotKeptError';
}

/** The chain isn't that far yet, or contradicts itself: it is worth asking again later. */
export class NotYetError extends Error {
  override readonly name = 'NotYetError';
}

/** A seed is in doubt, and there is no time to read the chain again. */
export class DoubtfulSeedError extends Error {
  override readonly name = 'DoubtfulSeedError';
}

const KEY = 'seeds';
const KEPT_SEEDS = 8;
/** Two readings of the chain count as two when they are at least this far apart. */
export const READINGS_APART_MS = 30_000;
/** The chain is read at most this often: one that shows something else each time is given up. */
const MOST_READINGS = 4;

/** read: derived from the chain. sure: derived twice, some time apart. proven: others' proofs are valid under it. */
const standing = z.enum(['read', 'sure', 'proven']);

const seedsSchema = z.array(
  z.strictObject({
    round: z.number().int().nonnegative(),
    seed: z.string().regex(/^[0-9a-f]{64}$/),
    standing: standing.default('read'),
  }),
);
type Kept = z.infer<typeof seedsSchema>[number];

/** The seeds of the last rounds: derived from the chain and kept, since the chain forgets. */
export class Seeds {
  private kept: Kept[] | undefined;
  /** When this process first read the seed that it keeps of a round, by `now`. */
  private readonly readAt = new Map<number, number>();
  private lastWrite: Promise<void> = Promise.resolve();
  private rewinding: Promise<unknown> = Promise.resolve();
  /** Called after a rewind: whatever else is stored by round number must be dropped too. */
  onRewind: (current: number) => void = () => undefined;

  constructor(
    private readonly taskId: Uint8Array,
    private readonly chain: Chain,
    private readonly store: KeyValueStore,
    private readonly log: Log,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * The seed of a round, kept or derived.
   * @throws when it is neither kept nor available: then the node must abstain.
   */
  async of(round: number): Promise<Buffer> {
    const kept = await this.find(round);
    return bytesOf(kept ?? (await this.read(round, READINGS_APART_MS)));
  }

  /**
   * The seed of a round, derived again while the chain still holds what it takes, unless others' proofs have settled
   * it: a node whose view of the chain lagged when it first asked got a wrong one.
   * @throws as `of` does.
   */
  async confirm(round: number): Promise<Buffer> {
    try {
      return bytesOf(await this.read(round, READINGS_APART_MS));
    } catch (error) {
      if (error instanceof NotKeptError) return this.of(round);
      throw error;
    }
  }

  /** The seed as the chain shows it now; the one that is kept stays. @throws as the chain does */
  async shown(round: number): Promise<Buffer> {
    return Buffer.from(await this.derive(round), 'hex');
  }

  /**
   * Forgets all seeds if one of them belongs to a round that the chain has yet to reach: the network was reset, and the
   * numbers now mean other rounds. A view of the chain may lag by a round; nobody derives a seed further ahead than
   * that. Calls made meanwhile wait.
   * @param current the round that runs, as the chain says
   * @returns whether seeds were forgotten
   */
  rewind(current: number): Promise<boolean> {
    const rewound = this.rewinding.then(() => this.rewindOnce(current));
    this.rewinding = rewound.catch(() => undefined);
    return rewound;
  }

  private async rewindOnce(current: number): Promise<boolean> {
    const rounds = (await this.load()).map(({ round }) => round);
    const newest = Math.max(...rounds);
    if (newest <= current + 1) return false;
    this.log.warn(
      `the network was reset: round ${current} runs, and the seed of round ${newest} is kept. Rounds begin anew, so what is kept of ${Math.min(...rounds)} to ${newest} is dropped`,
    );
    this.kept = [];
    this.readAt.clear();
    this.lastWrite = this.lastWrite.then(() => this.write('that there are none'));
    await this.lastWrite;
    this.onRewind(current);
    return true;
  }

  /** Records that valid proofs of others show this seed to be right: it is not derived again. */
  async prove(round: number, seed: Uint8Array): Promise<void> {
    await this.keep({ round, seed: Buffer.from(seed).toString('hex'), standing: 'proven' });
  }

  /** Whether proofs may be found invalid under the seed that is kept of a round. */
  async isSure(round: number): Promise<boolean> {
    const kept = await this.find(round);
    return kept !== undefined && kept.standing !== 'read';
  }

  /**
   * A seed under which proofs may be found invalid: proven, or the same at two readings of the chain. Waits if the
   * first was only a moment ago.
   * @param apartMs how far apart two readings must be, READINGS_APART_MS if there is time
   * @param mayWait whether to wait for the second
   * @throws DoubtfulSeedError if it may not wait or the chain shows something else each time, else as `of` does
   */
  async sure(round: number, apartMs: number, mayWait: boolean): Promise<Buffer> {
    let kept = (await this.find(round)) ?? (await this.read(round, READINGS_APART_MS));
    for (let readings = 1; readings < MOST_READINGS; readings++) {
      if (kept.standing !== 'read') return bytesOf(kept);
      const waitMs = apartMs - (this.now() - this.readTimeOf(round));
      if (waitMs > 0) {
        if (!mayWait) break;
        // Timers may fire up to a millisecond early.
        await sleep(Math.ceil(waitMs) + 1);
      }
      try {
        kept = await this.read(round, apartMs);
      } catch (error) {
        // The chain has forgotten the round: what was read before is all there will be.
        if (error instanceof NotKeptError) return bytesOf(kept);
        throw error;
      }
    }
    throw new DoubtfulSeedError(`the seed of round ${round} is not sure yet`);
  }

  private async read(round: number, apartMs: number): Promise<Kept> {
    const before = await this.find(round);
    if (before?.standing === 'proven') return before;
    const seed = await this.derive(round);
    const isSame = before?.seed === seed;
    if (!isSame) this.readAt.set(round, this.now());
    const isApart = isSame && this.now() - this.readTimeOf(round) >= apartMs;
    // The seeds of rounds 0 and 1 need no reading of the chain.
    const isSure =
      round < 2 || this.chain.isCertain || isApart || (isSame && before.standing === 'sure');
    const kept: Kept = { round, seed, standing: isSure ? 'sure' : 'read' };
    await this.keep(kept);
    return kept;
  }

  private async derive(round: number): Promise<string> {
    const submissions = round < 2 ? {} : await this.chain.submissions(round - 2);
    const decoded: DecodedSubmission[] = [];
    for await (const [key, value] of inTurns(Object.entries(submissions))) {
      const submission = decodeSubmission(key, value);
      if (submission) decoded.push(submission);
    }
    return seedFromDecoded(this.taskId, round, decoded).toString('hex');
  }

  private async find(round: number): Promise<Kept | undefined> {
    return (await this.load()).find((entry) => entry.round === round);
  }

  private async keep(entry: Kept): Promise<void> {
    const { round, seed } = entry;
    await this.load();
    const kept = this.kept!;
    if (kept.some((e) => e.round === round && e.seed === seed && e.standing === entry.standing)) {
      return;
    }
    const byRound = (a: Kept, b: Kept): number => b.round - a.round;
    const others = kept.filter((each) => each.round !== round).sort(byRound);
    // The new one stays, however low its round: it is needed now.
    this.kept = [entry, ...others].slice(0, KEPT_SEEDS).sort(byRound);
    // One write at a time: a store that reads back what it wrote must not find another write's value.
    this.lastWrite = this.lastWrite.then(() => this.write(`the seed of round ${round}`));
    await this.lastWrite;
  }

  private async write(what: string): Promise<void> {
    try {
      await this.store.set(KEY, JSON.stringify(this.kept));
    } catch (error) {
      this.log.warn({ error }, `${what} is known but could not be stored`);
    }
  }

  /** A seed that was dropped meanwhile counts as read just now. */
  private readTimeOf(round: number): number {
    return this.readAt.get(round) ?? this.now();
  }

  private async load(): Promise<Kept[]> {
    if (!this.kept) {
      const stored = (await readRecord(this.store, KEY, seedsSchema, this.log)) ?? [];
      if (!this.kept) {
        this.kept = stored;
        // An earlier process read them; when, this process's clock can't tell.
        for (const { round } of stored) this.readAt.set(round, this.now());
      }
    }
    return this.kept;
  }
}

function bytesOf({ seed }: Kept): Buffer {
  return Buffer.from(seed, 'hex');
}
