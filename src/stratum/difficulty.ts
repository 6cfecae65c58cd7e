import { DIFFICULTY_1_TARGET, difficultyOf } from '../bitcoin/target';
import { FLOOR } from '../consensus';

// How hard the shares of one connection are. Numbers and times come in, a difficulty comes out.

/**
 * Miners on processors compute their targets a 65,535th easier than the difficulty says. With this much on top, none of
 * their shares misses the floor.
 */
const LENIENCE = 2e-5;
/** The lowest difficulty that is ever asked for. */
export const LOWEST_DIFFICULTY = difficultyOf(FLOOR) * (1 + LENIENCE);
const HIGHEST_DIFFICULTY = 2 ** 48;

/** Decimal digits behind 2^-32 don't matter: the target is rounded up. */
const SCALE = 2 ** 32;

/**
 * The highest hash value of a share of this difficulty. A 65,535th easier than the difficulty says, for miners that
 * compute it so, and never above the floor.
 */
export function targetOf(difficulty: number): bigint {
  const target = nominalTargetOf(difficulty * (1 - LENIENCE));
  return target < FLOOR ? target : FLOOR;
}

/** The target that a difficulty stands for by definition, which is what people are shown. */
export function nominalTargetOf(difficulty: number): bigint {
  const scaled = BigInt(Math.max(1, Math.floor(difficulty * SCALE)));
  return (DIFFICULTY_1_TARGET * BigInt(SCALE)) / scaled;
}

/** The highest difficulty whose shares include every block; none where a template can't be a block. */
export function highestFor({ blockTarget }: { blockTarget?: bigint }): number {
  return blockTarget === undefined
    ? Infinity
    : Math.max(LOWEST_DIFFICULTY, difficultyOf(blockTarget));
}

/** Expected hashes to find a share of difficulty 1. */
export const HASHES_PER_DIFFICULTY = 2 ** 48 / 0xffff;

/** One share in so many ms is asked for: a proof's best shares are found within a minute. */
const SHARE_MS = 2_000;
/** The measured rate may be off by this factor either way before the difficulty follows it. */
const DEAD_BAND = 2;
/** It follows a rate this much above at once, after so many shares. */
const FAR_ABOVE = 4;
const SHARES_TO_TRUST = 16;
/** Otherwise it follows a rate that was measured for so long. */
const MEASURED_MS = 50_000;

/** Without any share for so long, a new connection's difficulty falls to so small a part. */
const NEW = { silentMs: 10_000, part: 1 / 16 };
/** And later: a slow miner has bad luck now and then. */
const LATER = { silentMs: 30_000, part: 1 / 4 };
/** After so long at difficulty 1 without a share, fractions are tried with any miner. */
const FRACTIONS_MS = 60_000;
/** Miners take up another difficulty late: only after so long does a flood tell that it is too low. */
const TAKEN_UP_MS = 10_000;

/** What is known of a miner by the name that it gives itself in mining.subscribe. */
interface Agent {
  name: RegExp;
  start: number;
  /** Never less: it would leave. */
  least?: number;
  /** Whether it takes difficulties below 1. */
  takesFractions?: boolean;
}

const AGENTS: readonly Agent[] = [
  { name: /cpuminer/i, start: 0.001, takesFractions: true },
  { name: /nerdminer/i, start: 0.00015, takesFractions: true },
  { name: /nicehash/i, start: 524_288, least: 524_288 },
  { name: /miningrigrentals/i, start: 1_048_576, least: 1_048_576 },
  { name: /bitaxe|nerd(q?axe|octaxe)/i, start: 1_024 },
];
const OTHER_START = 8_192;

/** What a connection's difficulty begins with. */
export interface Start {
  /** How the miner calls itself. */
  agent: string;
  /** The difficulty that its user or it asked for, above 0: it begins there and never falls below. */
  suggested?: number | undefined;
  /** The difficulty that its user fixed, above 0. */
  fixed?: number | undefined;
  /** The hash rate last known under its name. */
  hashrateHps?: number | undefined;
}

/** The difficulty of one connection, which follows its hash rate. */
export class Difficulty {
  private value: number;
  /** Never less: what the miner's kind accepts. */
  private readonly leastOfAgent: number;
  /** Nor less than what was suggested. */
  private wish: number | undefined;
  private takesFractions: boolean;
  private readonly isFixed: boolean;
  private changedAtMs = -Infinity;
  private hasShares = false;
  /** Since when the rate is measured, and the shares and their difficulties since. */
  private sinceMs: number;
  private shares = 0;
  private work = 0;
  /** When the last share came, or the last fall. */
  private quietSinceMs: number;

  constructor({ agent, suggested, fixed, hashrateHps }: Start, nowMs: number) {
    const known = AGENTS.find(({ name }) => name.test(agent));
    this.isFixed = fixed !== undefined;
    this.leastOfAgent = known?.least ?? LOWEST_DIFFICULTY;
    this.takesFractions = known?.takesFractions === true;
    this.sinceMs = this.quietSinceMs = nowMs;
    this.value = this.bounded(known?.start ?? OTHER_START);
    if (fixed !== undefined) this.value = this.bounded(rounded(fixed));
    else if (suggested !== undefined) this.suggest(suggested, nowMs);
    else if (hashrateHps !== undefined) this.value = this.fitting(perShare(hashrateHps));
  }

  get current(): number {
    return this.value;
  }

  /**
   * Takes the miner's wish: the difficulty goes on from there and never falls below. A fixed one stays.
   * @param wanted above 0
   */
  suggest(wanted: number, nowMs: number): void {
    if (this.isFixed) return;
    if (wanted < 1) this.takesFractions = true;
    const wish = roundedUp(wanted);
    if (wish === this.wish) return;
    this.wish = wish;
    this.change(this.bounded(wish), nowMs);
  }

  /**
   * Notes an accepted share.
   * @param difficulty that it stands for; 0 if it met only an earlier, easier one
   */
  found(difficulty: number, nowMs: number): void {
    this.hasShares = true;
    this.quietSinceMs = nowMs;
    this.shares++;
    this.work += difficulty;
  }

  /** Notes that so many shares a second come that judging them is a burden: even a fixed difficulty rises then. */
  flooded(sharesPerSecond: number, nowMs: number): void {
    if (nowMs - this.changedAtMs < TAKEN_UP_MS) return;
    const wanted = (this.value * sharesPerSecond * SHARE_MS) / 1000;
    if (wanted > this.value) this.change(this.bounded(rounded(wanted)), nowMs);
  }

  /** Notes that there is nothing to mine: a silence tells nothing now. */
  rest(nowMs: number): void {
    this.quietSinceMs = nowMs;
    this.restart(nowMs);
  }

  /** Follows what was found. Call it once a second. */
  follow(nowMs: number): void {
    if (this.isFixed) return;
    this.fall(nowMs);
    this.measure(nowMs);
  }

  /** After a silence. */
  private fall(nowMs: number): void {
    const { silentMs, part } = this.hasShares ? LATER : NEW;
    const sameSinceMs = Math.max(this.changedAtMs, this.quietSinceMs);
    if (this.value === 1 && nowMs - sameSinceMs >= FRACTIONS_MS) this.takesFractions = true;
    if (nowMs - this.quietSinceMs < silentMs) return;
    const lower = this.fitting(this.value * part);
    if (lower >= this.value) return;
    this.change(lower, nowMs);
    this.quietSinceMs = nowMs;
  }

  private measure(nowMs: number): void {
    const ms = Math.max(1, nowMs - this.sinceMs);
    const wanted = (this.work / ms) * SHARE_MS;
    const isFarAbove = this.shares >= SHARES_TO_TRUST && wanted >= FAR_ABOVE * this.value;
    if (!isFarAbove && ms < MEASURED_MS) return;
    const isOff = wanted > DEAD_BAND * this.value || wanted * DEAD_BAND < this.value;
    // Without a share nothing was measured: `fall` sees to that.
    if (isOff && this.shares > 0) this.change(this.fitting(wanted), nowMs);
    else this.restart(nowMs);
  }

  private change(value: number, nowMs: number): void {
    this.value = value;
    this.changedAtMs = nowMs;
    this.restart(nowMs);
  }

  private restart(nowMs: number): void {
    [this.sinceMs, this.shares, this.work] = [nowMs, 0, 0];
  }

  /** The nearest difficulty that the miner takes. */
  private fitting(wanted: number): number {
    const nearest = rounded(wanted);
    return this.bounded(nearest < 1 && !this.takesFractions ? 1 : nearest);
  }

  private bounded(value: number): number {
    const least = Math.max(LOWEST_DIFFICULTY, this.leastOfAgent, this.wish ?? 0);
    return Math.min(HIGHEST_DIFFICULTY, Math.max(least, value));
  }
}

function perShare(hashrateHps: number): number {
  return (hashrateHps * SHARE_MS) / 1000 / HASHES_PER_DIFFICULTY;
}

/** Some miners round down to a power of two, so they are given one. Below 1 any value will do. */
function rounded(value: number): number {
  return value < 1 ? value : 2 ** Math.round(Math.log2(value));
}

/** The same, never below what is wanted; miners compute with a difficulty 1 that differs by a 65,535th. */
function roundedUp(value: number): number {
  return value < 1 ? value : 2 ** Math.ceil(Math.log2(value * (1 - LENIENCE)));
}
