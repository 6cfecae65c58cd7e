import { z } from 'zod';
import type { Log } from '../log';
import {
  decodeSubmission,
  seedFromDecoded,
  type DecodedSubmission,
  type Submissions,
} from '../template/koii';
import { inTurns } from './in-turns';
import type { KeyValueStore } from './key-value-store';

/** What this node can ask the chain. */
export interface Chain {
  /**
   * The final submissions of a round.
   * @throws NotKeptError when the chain no longer holds them, anything else when it can't tell now.
   */
  submissions(round: number): Promise<Submissions>;
}

/** The chain has forgotten a round's submissions. */
export class NotKeptError extends Error {
  override readonly name = 'NotKeptError';
}

const KEY = 'seeds';
const KEPT_SEEDS = 8;

const seedsSchema = z.array(
  z.strictObject({
    round: z.number().int().nonnegative(),
    seed: z.string().regex(/^[0-9a-f]{64}$/),
  }),
);

/** The seeds of the last rounds: derived from the chain once and kept, since the chain forgets. */
export class Seeds {
  private kept: z.infer<typeof seedsSchema> | undefined;

  constructor(
    private readonly taskId: Uint8Array,
    private readonly chain: Chain,
    private readonly store: KeyValueStore,
    private readonly log: Log,
  ) {}

  /**
   * The seed of a round, kept or derived.
   * @throws when it is neither kept nor to be had: then the node must abstain.
   */
  async of(round: number): Promise<Buffer> {
    const kept = (await this.load()).find((entry) => entry.round === round);
    return kept ? Buffer.from(kept.seed, 'hex') : this.derive(round);
  }

  /**
   * The seed of a round, derived anew where the chain still can tell. A node that asked while its
   * own view of the chain lagged had a wrong one, and must not judge by it.
   * @throws as `of` does.
   */
  async confirm(round: number): Promise<Buffer> {
    try {
      return await this.derive(round);
    } catch (error) {
      if (error instanceof NotKeptError) return this.of(round);
      throw error;
    }
  }

  private async derive(round: number): Promise<Buffer> {
    const submissions = round < 2 ? {} : await this.chain.submissions(round - 2);
    const decoded: DecodedSubmission[] = [];
    for await (const entry of inTurns(Object.entries(submissions))) {
      decoded.push(decodeSubmission(...entry));
    }
    const seed = seedFromDecoded(this.taskId, round, decoded);
    await this.keep(round, seed.toString('hex'));
    return seed;
  }

  private async keep(round: number, seed: string): Promise<void> {
    const kept = await this.load();
    if (kept.some((entry) => entry.round === round && entry.seed === seed)) return;
    this.kept = [...kept.filter((entry) => entry.round !== round), { round, seed }]
      .sort((a, b) => b.round - a.round)
      .slice(0, KEPT_SEEDS);
    try {
      await this.store.set(KEY, JSON.stringify(this.kept));
    } catch (error) {
      this.log.warn({ error }, `the seed of round ${round} is known but could not be stored`);
    }
  }

  private async load(): Promise<z.infer<typeof seedsSchema>> {
    if (!this.kept) {
      const text = await this.store.get(KEY);
      this.kept ??= text === null ? [] : this.parse(text);
    }
    return this.kept;
  }

  private parse(text: string): z.infer<typeof seedsSchema> {
    try {
      return seedsSchema.parse(JSON.parse(text));
    } catch (error) {
      this.log.warn({ error }, 'the stored seeds are unreadable: deriving them again');
      return [];
    }
  }
}
