import { displayHash } from '../bitcoin/target';
import { K, WORK_SOURCE } from '../consensus';
import { BestShares, type Admission } from '../proof/best-shares';
import { decodeProof, encodeProof } from '../proof/codec';
import { composeProof } from '../proof/compose';
import { estimateHashes } from '../proof/estimate';
import { shareOf, type Share } from '../proof/share';
import type { Attempt } from '../work/attempt';
import type { Identity } from '../work/identity';
import { koiiTemplate } from '../work/koii';
import type { Template } from '../work/segment';
import { KOII_WORK } from '../work/source';
import type { RoundRecord } from './round-record';
import type { LoggedShare } from './share-record';

/** One round of this node: its work and the best of what was found. Knows no clock and no store. */
export class Round {
  readonly template: Template;
  private readonly best = new BestShares(K[WORK_SOURCE.koii]);

  private constructor(
    identity: Identity,
    private readonly record: RoundRecord,
  ) {
    const { round, seed } = record;
    const of = { taskId: identity.taskId, round, seed: Buffer.from(seed, 'hex') };
    this.template = koiiTemplate(of, identity.submitter);
  }

  /** A round of which nothing was mined yet. */
  static begin(identity: Identity, round: number, seed: Uint8Array): Round {
    return new Round(identity, {
      round,
      seed: Buffer.from(seed).toString('hex'),
      submitter: Buffer.from(identity.submitter).toString('hex'),
      starts: 0,
      closed: false,
      hashes: 0,
      validShares: 0,
      invalidShares: 0,
      countedUntil: 0,
      proof: '',
    });
  }

  /**
   * A round as it was saved; shares are hashed again, so a record can't claim what it doesn't hold.
   * @returns undefined when it was mined for another account: what counts for one is worthless to another
   * @throws RangeError when its proof is none
   */
  static restore(identity: Identity, record: RoundRecord): Round | undefined {
    if (record.submitter !== Buffer.from(identity.submitter).toString('hex')) return undefined;
    const round = new Round(identity, { ...record });
    if (record.proof === '') return round;
    const decoded = decodeProof(record.proof);
    if ('reason' in decoded) throw new RangeError(`proof: ${decoded.reason}`);
    for (const attempt of decoded.proof.attempts.flat()) {
      round.best.add(shareOf(round.template, attempt));
    }
    return round;
  }

  get number(): number {
    return this.record.round;
  }

  get seed(): Buffer {
    return Buffer.from(this.record.seed, 'hex');
  }

  /** Whether the proof is final. */
  get closed(): boolean {
    return this.record.closed;
  }

  /** How often mining was started: each start searches ground of its own. */
  get starts(): number {
    return this.record.starts;
  }

  /** Hashes this node tried; what it did in the last seconds before it was killed is missing. */
  get hashes(): number {
    return this.record.hashes;
  }

  get validShares(): number {
    return this.record.validShares;
  }

  get invalidShares(): number {
    return this.record.invalidShares;
  }

  /** The K best, by hash value ascending. */
  get shares(): readonly Share[] {
    return this.best.list();
  }

  /** The highest hash value that can still enter the K best. */
  get limit(): bigint {
    return this.best.limit;
  }

  /** Hashes that the proof proves as it stands. */
  get estimatedHashes(): bigint {
    const { shares } = this;
    const highest = shares[shares.length - 1]?.hashValue ?? 0n;
    return estimateHashes(WORK_SOURCE.koii, shares.length, highest);
  }

  start(): void {
    this.record.starts++;
  }

  close(): void {
    this.record.closed = true;
  }

  reopen(): void {
    this.record.closed = false;
  }

  addHashes(count: number): void {
    this.record.hashes += count;
  }

  /**
   * Hashes an attempt and takes it in.
   * @param target the highest hash value that was asked for
   * @returns what became of it; 'invalid' when its hash misses the target
   */
  add(attempt: Attempt, target: bigint): { share: Share; admission: Admission | 'invalid' } {
    const share = shareOf(this.template, attempt);
    if (share.hashValue <= target) return { share, admission: this.admit(share) };
    this.reject();
    return { share, admission: 'invalid' };
  }

  /** Takes in a share of this round's template that met its target. */
  admit(share: Share): Admission {
    const admission = this.best.add(share);
    if (admission !== 'duplicate') this.record.validShares++;
    return admission;
  }

  /** Counts a share that is none. */
  reject(): void {
    this.record.invalidShares++;
  }

  /** The place in the share log up to which everything is counted in this round. */
  get countedUntil(): number {
    return this.record.countedUntil;
  }

  /** Says that everything logged up to here, a place in the share log, is counted in this round. */
  setCountedUntil(place: number): void {
    this.record.countedUntil = place;
  }

  /** Takes in what was logged, oldest first, after this round was last saved. */
  replay(logged: readonly LoggedShare[]): void {
    for (const { place, attempt, hash, reason } of logged) {
      if (place <= this.record.countedUntil) continue;
      this.record.countedUntil = place;
      if (reason !== undefined) this.reject();
      else if (attempt) {
        const share = shareOf(this.template, attempt);
        // Another hash: it was mined before the round was found to have another seed.
        if (displayHash(share.hashValue) === hash) this.admit(share);
      }
    }
  }

  /** The proof of the shares found so far; undefined while there are none. */
  proof(): string | undefined {
    if (this.shares.length === 0) return undefined;
    return encodeProof(composeProof(KOII_WORK, this.shares));
  }

  toRecord(): RoundRecord {
    return { ...this.record, proof: this.proof() ?? '' };
  }
}
