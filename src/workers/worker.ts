import { RateMeter } from '../mining/rate-meter';
import { HandedTargets } from './targets';

/** About 15 to 30 shares, which give the rate to within 18 to 26 %. */
const RATE_WINDOW_MS = 30_000;
/** A shorter time tells nothing about a rate of one share a second. */
const MIN_MEASURED_MS = 5_000;

/** Why shares are rejected, as people are told. invalid: it can't have been found on the job. */
export const REJECTED_AS = ['stale', 'duplicate', 'low_difficulty', 'invalid'] as const;
export type RejectedAs = (typeof REJECTED_AS)[number];

/** An accepted share as it counts for its finder. */
export interface Credit {
  round: number;
  hashValue: bigint;
  /** The hashes that it stands for. */
  hashes: number;
}

/** What a worker did in one round. */
interface OfRound {
  round: number;
  /** When it had its first work or share in it. */
  sinceMs: number;
  hashes: number;
  /** The lowest hash value of its shares. */
  best: bigint | undefined;
}

/** A remote worker: how fast it is, and what became of its shares since this process started. */
export class RemoteWorker {
  /** What it was handed over HTTP. */
  readonly handed = new HandedTargets();
  private readonly meter: RateMeter;
  private hashes = 0;
  private measuredSinceMs: number | undefined;
  private ofRound: OfRound | undefined;
  private acceptedShares = 0;
  private readonly rejections = new Map<RejectedAs, number>();

  /** When it last asked for work or had a share accepted; set by Workers. */
  seenAtMs: number;
  /** When its last share was accepted. */
  lastShareAtMs: number | undefined;
  /** How its miner calls itself; empty if it doesn't. */
  agent = '';
  /** The target of its newest work; undefined before. */
  target: bigint | undefined;

  constructor(private readonly now: () => number) {
    this.meter = new RateMeter(RATE_WINDOW_MS, now);
    this.seenAtMs = now();
  }

  /** The rate proven by its shares of the last half minute. */
  get hashrateHps(): number {
    const since = this.measuredSinceMs;
    if (since === undefined || this.now() - since < MIN_MEASURED_MS) return 0;
    // Also when no share comes: silence is a low rate.
    this.meter.update(this.hashes);
    return this.meter.perSecond ?? 0;
  }

  /** The rate proven by its shares of a round since its first work in it; 0 when that is too short ago. */
  roundHashrateHps(round: number | undefined): number {
    const of = this.in(round);
    const ms = of ? this.now() - of.sinceMs : 0;
    return of && ms >= MIN_MEASURED_MS ? (1000 * of.hashes) / ms : 0;
  }

  /** The lowest hash value among its shares of a round; undefined without one. */
  roundBest(round: number | undefined): bigint | undefined {
    return this.in(round)?.best;
  }

  get accepted(): number {
    return this.acceptedShares;
  }

  /** Rejected shares by reason. */
  get rejected(): ReadonlyMap<RejectedAs, number> {
    return this.rejections;
  }

  /** The hashes that its accepted shares stand for. */
  get provenHashes(): number {
    return this.hashes;
  }

  /** Notes that it has work with a target in a round from now on: what it finds is measured. */
  works(round: number, target: bigint): void {
    this.target = target;
    this.enter(round);
    if (this.measuredSinceMs !== undefined) return;
    this.measuredSinceMs = this.now();
    this.meter.restart(this.hashes);
  }

  /** Counts an accepted share of it. */
  accept({ round, hashValue, hashes }: Credit): void {
    this.acceptedShares++;
    this.lastShareAtMs = this.now();
    this.hashes += hashes;
    // One may still come for the round before.
    const of = this.ofRound ?? this.enter(round);
    if (of.round === round) {
      of.hashes += hashes;
      if (of.best === undefined || hashValue < of.best) of.best = hashValue;
    }
    if (this.measuredSinceMs !== undefined) this.meter.update(this.hashes);
  }

  /** Counts a rejected share of it. */
  reject(as: RejectedAs): void {
    this.rejections.set(as, (this.rejections.get(as) ?? 0) + 1);
  }

  private in(round: number | undefined): OfRound | undefined {
    return this.ofRound?.round === round ? this.ofRound : undefined;
  }

  private enter(round: number): OfRound {
    if (this.ofRound === undefined || this.ofRound.round !== round) {
      this.ofRound = { round, sinceMs: this.now(), hashes: 0, best: undefined };
    }
    return this.ofRound;
  }
}
