import { z } from 'zod';
import { NotKeptError, type Chain } from '../../src/audit/seeds';
import { RoundConflict, type RoundStarter } from '../../src/http/routes/task';
import type { MiningNode } from '../../src/node';
import type { KeyValueStore } from '../../src/store/store';
import { roundSeed, type Submissions } from '../../src/work/seed';

const KEY = 'standalone';
/** A larger jump is a slip, or meant to shut out all rounds below it. */
const MAX_JUMP = 1000;
const recordSchema = z.strictObject({ round: z.number().int().nonnegative() });

/** Stands in for the chain: the submissions given at the start of a round. */
export class GivenSubmissions implements Chain {
  readonly isCertain = true;
  private given: { round: number; submissions: Submissions } | undefined;

  give(round: number, submissions: Submissions): void {
    this.given = { round, submissions };
  }

  submissions(round: number): Promise<Submissions> {
    if (this.given?.round === round) return Promise.resolve(this.given.submissions);
    return Promise.reject(
      new NotKeptError(`the submissions of round ${round} were not given to this node`),
    );
  }
}

/** Rounds started from outside. A round runs until the next one is started or its time is over. */
export class StandaloneRounds implements RoundStarter {
  private last: Promise<unknown> = Promise.resolve();
  /** By this process or an earlier one; undefined if there was none. */
  private lastStarted: number | undefined;

  constructor(
    private readonly node: MiningNode,
    private readonly chain: GivenSubmissions,
    private readonly store: KeyValueStore,
  ) {}

  /** The round after the last one started, by this process or an earlier one; 0 if there was none. */
  get next(): number {
    return this.lastStarted === undefined ? 0 : this.lastStarted + 1;
  }

  start(round: number, submissions: Submissions | undefined): Promise<'started' | 'running'> {
    const started = this.last.then(() => this.startInTurn(round, submissions));
    this.last = started.catch(() => undefined);
    return started;
  }

  /** Continues the round that an earlier process was mining. */
  async resume(): Promise<void> {
    const { miner, log } = this.node;
    const text = await this.store.get(KEY);
    if (text === null) return;
    try {
      const { round } = recordSchema.parse(JSON.parse(text));
      this.lastStarted = round;
      if ((await miner.round(round))?.closed === false) await this.start(round, undefined);
    } catch (error) {
      log.warn({ error }, 'the last round is not resumed');
    }
  }

  private async startInTurn(
    round: number,
    submissions: Submissions | undefined,
  ): Promise<'started' | 'running'> {
    const { miner, seeds, settings, log } = this.node;
    await this.expectNoHarm(round);
    const known = await miner.round(round);
    if (known?.closed) throw new RoundConflict(`round ${round} is over`);
    // Without submissions a known round keeps its seed, and a new one gets the seed of an empty round.
    const given = submissions ?? (known ? undefined : {});
    const seed = given ? seedFrom(miner.identity.taskId, round, given) : known!.seed;
    if (known && !known.seed.equals(seed)) {
      throw new RoundConflict(`round ${round} stands on the seed of other submissions`);
    }
    if (miner.miningRound === round) return 'running';
    if (given) {
      this.chain.give(round - 2, given);
      await seeds.confirm(round);
    }
    // What can fail comes first: the running round must not be closed unless this one begins.
    await this.store.set(KEY, JSON.stringify({ round }));
    this.lastStarted = round;
    const previous = miner.lastRound;
    if (previous && previous.number !== round) await miner.close(previous.number);
    const { MINING_SECONDS } = settings.current;
    const durationMs = MINING_SECONDS === 0 ? Infinity : MINING_SECONDS * 1000;
    const begun = await miner.begin(round, seed, durationMs);
    begun?.ended.catch((error: unknown) => log.error({ error }, `round ${round} is not mined`));
    return 'started';
  }

  /** @throws RoundConflict if the start would end or overwrite a newer round, or shut out future ones. */
  private async expectNoHarm(round: number): Promise<void> {
    const { miner, roundStore } = this.node;
    const { lastStarted: last = round } = this;
    // A round is over only when a later one is started, even if its time or its process has ended.
    if (round < last && !(await miner.round(last))?.closed) {
      const state = miner.miningRound === last ? 'is running' : 'was started last and is not over';
      throw new RoundConflict(`round ${last} ${state}: expected a later one, got ${round}`);
    }
    if (round > last + MAX_JUMP) {
      throw new RoundConflict(
        `round ${last} was started last: expected ${last + MAX_JUMP} at most, got ${round}`,
      );
    }
    const stored = await roundStore.inPlaceOf(round);
    if (stored !== undefined && stored > round) {
      throw new RoundConflict(
        `round ${stored} is stored in the place of round ${round}: expected a later one there`,
      );
    }
  }
}

function seedFrom(taskId: Uint8Array, round: number, submissions: Submissions): Buffer {
  return roundSeed(taskId, round, round < 2 ? {} : submissions);
}
