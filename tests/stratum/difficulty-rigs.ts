import { Difficulty, HASHES_PER_DIFFICULTY, type Start } from '../../src/stratum/difficulty';

// Miners by their hash rates alone.

/** How long a miner takes to a share, on average. */
export const msPerShare = (difficulty: number, hashrateHps: number): number =>
  (1000 * difficulty * HASHES_PER_DIFFICULTY) / hashrateHps;

/** A miner of a constant rate, which takes up each new difficulty at once. */
export class Rig {
  nowMs = 0;
  shares = 0;
  readonly difficulty: Difficulty;
  private dueMs: number;

  constructor(
    readonly hashrateHps: number,
    start: Partial<Start> = {},
  ) {
    this.difficulty = new Difficulty({ agent: 'a miner', ...start }, 0);
    this.dueMs = this.shareMs;
  }

  /** How long it takes to a share, on average. */
  get shareMs(): number {
    return msPerShare(this.difficulty.current, this.hashrateHps);
  }

  /** Mines for so long, finding each share just when it is due. */
  run(seconds: number): this {
    for (const endMs = this.nowMs + 1000 * seconds; this.nowMs < endMs;) {
      const tickMs = Math.floor(this.nowMs / 1000) * 1000 + 1000;
      for (; this.dueMs <= tickMs; this.dueMs += this.shareMs) {
        this.nowMs = this.dueMs;
        this.shares++;
        this.difficulty.found(this.difficulty.current, this.nowMs);
      }
      this.nowMs = tickMs;
      const before = this.difficulty.current;
      this.difficulty.follow(this.nowMs);
      if (this.difficulty.current !== before) this.dueMs = this.nowMs + this.shareMs;
    }
    return this;
  }
}

/** A miner that finds its shares by luck, and takes up each new difficulty so many seconds late. */
export class LuckyRig {
  private readonly difficulty: Difficulty;
  /** What it works with now, and in the next seconds. */
  private readonly queue: number[];
  private nowMs = 0;
  private state: number;

  constructor(
    start: Start,
    private readonly rig: { hashrateHps: number; lateS: number; luck: number },
  ) {
    this.difficulty = new Difficulty(start, 0);
    this.state = rig.luck;
    this.queue = Array.from({ length: rig.lateS + 1 }, () => this.difficulty.current);
  }

  /** @returns how many shares it found, and the lowest difficulty it was asked for */
  run(seconds: number): { shares: number; lowest: number } {
    let shares = 0;
    let lowest = Infinity;
    for (let i = 0; i < seconds; i++) {
      const difficulty = this.queue.shift()!;
      const found = this.poisson(1000 / msPerShare(difficulty, this.rig.hashrateHps));
      shares += found;
      this.nowMs += 1_000;
      // Of very many a few stand for all.
      const noted = Math.min(found, 100);
      for (let k = 0; k < noted; k++) {
        this.difficulty.found((difficulty * found) / noted, this.nowMs - 500);
      }
      this.difficulty.follow(this.nowMs);
      lowest = Math.min(lowest, this.difficulty.current);
      this.queue.push(this.difficulty.current);
    }
    return { shares, lowest };
  }

  /** How many events came in a time in which so many are expected, with exponential times between them. */
  private poisson(expected: number): number {
    if (expected > 500) return Math.round(expected);
    let count = -1;
    for (let time = 0; time <= expected; count++) time -= Math.log(1 - this.random());
    return count;
  }

  /** 0 to 1, the same each time (mulberry32). */
  private random(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
