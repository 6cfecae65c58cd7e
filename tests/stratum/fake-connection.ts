import { expect } from 'chai';
import type { Round } from '../../src/rounds/round';
import { Difficulty, type Start } from '../../src/stratum/difficulty';
import type { HandedJob } from '../../src/stratum/handed-jobs';
import { JobFeed } from '../../src/stratum/job-feed';
import { store } from './ground';

export const EXTRANONCE1 = 0x02;
/** The difficulty of jobs that only keep a miner busy. */
export const QUIET = 2 ** 31;

/** A job as a miner gets it. */
interface Sent {
  atMs: number;
  /** That of the set_difficulty just before it; undefined without one. */
  set: number | undefined;
  id: string;
  prev: string;
  coinbase1: string;
  isClean: boolean;
}

/** A miner whose rounds begin and end when the test says so. */
class FakeMiner {
  miningRound: number | undefined;
  lastRound: Round | undefined;
  /** Rounds that ground was asked for, each with what leases it. */
  readonly asked: { round: Round; secondByte: number | undefined; lease: () => void }[] = [];

  /** Nobody tells the feed. */
  mine(round: Round): void {
    [this.miningRound, this.lastRound] = [round.number, round];
  }

  pause(): void {
    this.miningRound = undefined;
  }

  makeGround(round: Round, secondByte?: number): Promise<void> {
    return new Promise((resolve) => {
      const lease = (): void => {
        store(round);
        resolve();
      };
      this.asked.push({ round, secondByte, lease });
    });
  }
}

/** A connection that keeps what its feed sends. Its seconds pass when the test says so. */
export class FakeConnection {
  nowMs = 1_000_000;
  readonly miner = new FakeMiner();
  readonly lines: string[] = [];
  /** The jobs among the lines. */
  readonly sent: Sent[] = [];
  /** The jobs that the node was told of. */
  readonly told: HandedJob[] = [];
  readonly usedUpRounds: number[] = [];
  readonly feed: JobFeed;
  /** From `start` on. */
  difficulty!: Difficulty;
  private jobs = 0;

  constructor() {
    const node = {
      miner: this.miner,
      nextJobId: () => `job ${++this.jobs}`,
      onUsedUp: (round: number) => void this.usedUpRounds.push(round),
    };
    this.feed = new JobFeed(
      node,
      EXTRANONCE1,
      (text) => this.take(text),
      (job) => void this.told.push(job),
      () => this.nowMs,
    );
  }

  /** Logs the miner in. */
  start(start: Partial<Start> = { suggested: 64 }): void {
    this.difficulty = new Difficulty({ agent: '', ...start }, this.nowMs);
    this.feed.start(this.difficulty);
  }

  /** Goes over to a round, of which the feed is told. */
  mine(round: Round): void {
    this.miner.mine(round);
    this.feed.renew();
  }

  /** Lets seconds pass. */
  run(seconds: number, eachSecond: () => void = () => undefined): void {
    for (let i = 0; i < seconds; i++) {
      this.nowMs += 1_000;
      eachSecond();
      this.feed.tick();
    }
  }

  /** Leases the ground that was asked for, and lets everything happen that waits for nothing else. */
  async lease(index: number): Promise<void> {
    this.miner.asked[index]!.lease();
    await turn();
  }

  private take(text: string): void {
    let set: number | undefined;
    for (const line of text.trimEnd().split('\n')) {
      this.lines.push(line);
      const { method, params } = JSON.parse(line) as { method: string; params: unknown[] };
      if (method === 'mining.set_difficulty') {
        expect(set, 'a second set_difficulty before a notify').to.equal(undefined);
        set = params[0] as number;
        continue;
      }
      const [id, prev, coinbase1] = params as [string, string, string];
      const isClean = params[8] as boolean;
      this.sent.push({ atMs: this.nowMs, set, id, prev, coinbase1, isClean });
      set = undefined;
    }
    expect(set, 'a set_difficulty without a notify').to.equal(undefined);
  }
}

/** A connection of a miner that logged in while this round was mined. */
export function connectedOn(round: Round, start?: Partial<Start>): FakeConnection {
  const connection = new FakeConnection();
  connection.miner.mine(round);
  connection.start(start);
  return connection;
}

/** Lets everything happen that waits for nothing. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
