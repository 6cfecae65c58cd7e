import { FLOOR, K, PROOF_RULES, WORK_SOURCE, type CoinbaseRules } from '../consensus';
import { encodeProof, composeProof } from '../proof/codec';
import { type Admission, estimateHashes, type Share } from '../proof/shares';
import type { Identity } from '../work/identity';
import type { RoundSeed } from '../work/seed';
import type { Segment, Template } from '../work/segment';
import { KOII_WORK, minedTemplateOn, workOn, type Origin } from '../work/source';
import { Leases } from '../workers/leases';
import { MinedSegments } from './mined-segments';
import type { RoundRecord } from './round-record';

type Counts = Pick<
  RoundRecord,
  'closed' | 'hashes' | 'validShares' | 'invalidShares' | 'countedUntil' | 'minedMs'
>;

/**
 * One round of this node: its work, who has leased which ground, and the best shares found. Knows no clock and no
 * store, and hashes nothing: shares come to it through `ShareIntake`.
 */
export class Round {
  readonly number: number;
  /** 32 bytes as sha256 gives them */
  readonly seed: Buffer;
  private readonly mined: MinedSegments;
  private currentSegment: number | undefined;
  private storedShares = 0;

  private constructor(
    private readonly identity: Identity,
    { round, seed }: Pick<RoundSeed, 'round' | 'seed'>,
    readonly origin: Origin,
    readonly leases: Leases,
    private readonly counts: Counts,
    rules: CoinbaseRules,
  ) {
    this.number = round;
    this.seed = Buffer.from(seed);
    const of = { taskId: identity.taskId, round, seed: this.seed };
    this.mined = new MinedSegments(origin.source, (segment) =>
      minedTemplateOn(origin, segment, of, identity.submitter, rules),
    );
  }

  /** A new round, with nothing mined yet. */
  static begin(
    identity: Identity,
    round: number,
    seed: Uint8Array,
    origin: Origin = KOII_WORK,
    rules: CoinbaseRules = PROOF_RULES,
  ): Round {
    const counts = {
      closed: false,
      hashes: 0,
      validShares: 0,
      invalidShares: 0,
      countedUntil: 0,
      minedMs: 0,
    };
    return new Round(identity, { round, seed }, origin, new Leases(), counts, rules);
  }

  /**
   * A round as it was saved, without its shares, which have to be hashed again.
   * @returns undefined when it was mined for another account: its shares are worthless to this one
   */
  static restore(
    identity: Identity,
    record: RoundRecord,
    rules: CoinbaseRules = PROOF_RULES,
  ): Round | undefined {
    const { round: number, submitter, payout, segments, leased, salts, workers } = record;
    if (submitter !== hexOf(identity.submitter)) return undefined;
    const seed = Buffer.from(record.seed, 'hex');
    const origin: Origin =
      payout === ''
        ? KOII_WORK
        : { source: WORK_SOURCE.bitcoin, payout: Buffer.from(payout, 'hex') };
    const { closed, hashes, validShares, invalidShares, countedUntil, minedMs } = record;
    const counts = { closed, hashes, validShares, invalidShares, countedUntil, minedMs };
    const leases = new Leases({ leased, salts, workers });
    const round = new Round(identity, { round: number, seed }, origin, leases, counts, rules);
    for (const { index, height, prev, time, bits } of segments) {
      round.mined.place(index, { height, prev: Buffer.from(prev, 'hex'), time, bits });
    }
    return round;
  }

  /** Whether the proof is final. */
  get closed(): boolean {
    return this.counts.closed;
  }

  /** Hashes this node tried, without those of the last seconds before it was killed. */
  get hashes(): number {
    return this.counts.hashes;
  }

  /** How long it was mined, by earlier processes too, without the last seconds before one was killed. */
  get minedMs(): number {
    return this.counts.minedMs;
  }

  get validShares(): number {
    return this.counts.validShares;
  }

  get invalidShares(): number {
    return this.counts.invalidShares;
  }

  /** The segments mined so far, in the order in which they came, without those that were dropped. */
  get segments(): readonly Segment[] {
    return this.mined.list();
  }

  /** The template of each segment, by its number in the round; undefined for one that was dropped. */
  get templates(): readonly (Template | undefined)[] {
    return this.mined.templates;
  }

  /** Number of the segment being mined, or mined last; undefined before the first. */
  get current(): number | undefined {
    return this.currentSegment;
  }

  /** The shares of the proof as it stands, by hash value ascending. */
  get shares(): readonly Share[] {
    return this.mined.shares;
  }

  /**
   * The highest hash value that can still enter the proof, on whichever segment: no better proof contains a higher
   * one than this proof does once it is full. So it never rises, not even with a new segment.
   */
  get entryTarget(): bigint {
    return this.shares[K[this.origin.source] - 1]?.hashValue ?? FLOOR;
  }

  /** The highest hash value that has to be shown: what can still enter the proof, or is a block. */
  get neededTarget(): bigint {
    const { entryTarget } = this;
    const blockTarget = this.templates[this.currentSegment ?? 0]?.blockTarget ?? 0n;
    if (blockTarget <= entryTarget) return entryTarget;
    return blockTarget < FLOOR ? blockTarget : FLOOR;
  }

  /** Hashes proven by the proof as it stands. */
  get estimatedHashes(): bigint {
    const { shares } = this;
    const highest = shares[shares.length - 1]?.hashValue ?? 0n;
    return estimateHashes(this.origin.source, shares.length, highest);
  }

  /**
   * Adds a segment, unless it is there already. Drops one where there are too many, never one that is mined or proven.
   * @returns its number in the round
   */
  addSegment(segment: Segment): number {
    return this.mined.add(segment, this.currentSegment);
  }

  /** Notes that a record of it is in the store. @param shares of its proof when the record was made */
  stored(record: RoundRecord, shares: readonly Share[]): void {
    shares.forEach((share) => this.storedShare(share));
    this.mined.stored(record.segments);
    this.storedShares = Math.max(this.storedShares, record.validShares);
    this.leases.stored(record);
  }

  /** Whether it has a segment that a later process would not know. */
  get hasUnstoredSegment(): boolean {
    return this.mined.hasUnstored;
  }

  /** Whether it has a valid share that its record does not count. */
  get hasUnstoredShare(): boolean {
    return this.storedShares < this.validShares;
  }

  /** Notes which segment is mined from now on. */
  workOn(segment: number): void {
    this.currentSegment = segment;
  }

  close(): void {
    this.counts.closed = true;
  }

  /** Opens it again. One that was closed runs once more, with all of its time. */
  reopen(): void {
    if (this.closed) this.counts.minedMs = 0;
    this.counts.closed = false;
  }

  addHashes(count: number): void {
    this.counts.hashes += count;
  }

  /** @param ms whole, from 0 */
  addMinedMs(ms: number): void {
    this.counts.minedMs += ms;
  }

  /** Takes in and counts a share that met its target. For `ShareIntake` alone. */
  admit(share: Share): Admission {
    const admission = this.enter(share);
    if (admission !== 'duplicate') this.counts.validShares++;
    return admission;
  }

  /** Takes in a share that was counted before. For `ShareIntake` alone. */
  enter(share: Share): Admission {
    return this.mined.addShare(share);
  }

  /** Notes that a share is in the store. */
  storedShare(share: Share): void {
    this.mined.storedShare(share);
  }

  /**
   * Whether a share could be in the proof if the process were killed now: those that aren't stored yet would be lost,
   * so they keep no other out.
   */
  mayEnter({ segment, hashValue }: Share): boolean {
    return hashValue <= this.mined.storedTarget(segment);
  }

  /** Counts an invalid share. */
  reject(): void {
    this.counts.invalidShares++;
  }

  /** Place in the share log up to which everything is counted in this round. */
  get countedUntil(): number {
    return this.counts.countedUntil;
  }

  /** Notes that everything logged up to a place in the share log is counted in this round. */
  setCountedUntil(place: number): void {
    this.counts.countedUntil = place;
  }

  /** The proof of the shares found so far; undefined while there are none. */
  proof(): string | undefined {
    const { origin, segments, mined } = this;
    const shares = mined.placedShares();
    return shares.length === 0
      ? undefined
      : encodeProof(composeProof(workOn(origin, segments), shares));
  }

  toRecord(): RoundRecord {
    const { origin } = this;
    return {
      round: this.number,
      seed: hexOf(this.seed),
      submitter: hexOf(this.identity.submitter),
      payout: origin.source === WORK_SOURCE.bitcoin ? hexOf(origin.payout) : '',
      segments: this.mined.toRecord(),
      ...this.leases.toRecord(),
      ...this.counts,
    };
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
