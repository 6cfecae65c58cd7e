import { K, type WorkSourceId } from '../consensus';
import { mostProving } from '../proof/codec';
import { BestShares, estimateHashes, type Admission, type Share } from '../proof/shares';
import { compareSegments, type Segment, type Template } from '../work/segment';
import { toPacked, type RoundRecord } from './round-record';

/** Segments kept, with their shares. A proof takes two of them. */
const MAX_SEGMENTS_KEPT = 8;

/** A segment that was mined, with the K lowest shares found on it. */
interface MinedSegment {
  segment: Segment;
  template: Template;
  best: BestShares;
  /** Those of its shares that a kill can't lose. */
  stored: BestShares;
}

/** The segments that were mined in a round, each by its number there, which it keeps. */
export class MinedSegments {
  /** By the segment's number; undefined once it was dropped. */
  readonly templates: (Template | undefined)[] = [];
  private readonly mined: (MinedSegment | undefined)[] = [];
  /** Segments with lower numbers are stored. */
  private storedCount = 0;
  /** Cached `shares`, until a share comes that may change them. */
  private proving: readonly Share[] | undefined;

  /** @param templateOf makes a segment's template */
  constructor(
    private readonly source: WorkSourceId,
    private readonly templateOf: (segment: Segment) => Template,
  ) {}

  /** In the order in which they came, without those that were dropped. */
  list(): Segment[] {
    return this.kept().map(({ segment }) => segment);
  }

  /** The shares of the proof that proves most, by hash value ascending. */
  get shares(): readonly Share[] {
    return (this.proving ??= mostProving(
      this.source,
      this.kept().map(({ best }) => [...best.list()]),
    ));
  }

  /**
   * Adds a segment, unless it is there already. Drops one where there are too many, never one that is mined or proven.
   * @param current number of the segment that is mined
   * @returns its number in the round
   */
  add(segment: Segment, current: number | undefined): number {
    const known = this.mined.findIndex(
      (mined) => mined && compareSegments(mined.segment, segment) === 0,
    );
    if (known >= 0) return known;
    const index = this.mined.length;
    this.place(index, segment);
    if (this.kept().length > MAX_SEGMENTS_KEPT) this.dropOne([index, current]);
    return index;
  }

  /** Puts a segment under its number. */
  place(index: number, segment: Segment): void {
    const template = this.templateOf(segment);
    const k = K[this.source];
    this.templates[index] = template;
    this.mined[index] = { segment, template, best: new BestShares(k), stored: new BestShares(k) };
  }

  /** Takes in a share. @throws TypeError when its segment was dropped */
  addShare(share: Share): Admission {
    const admission = this.mined[share.segment]!.best.add(share);
    if (admission === 'best') this.proving = undefined;
    return admission;
  }

  /** Notes that a share is in the store. */
  storedShare(share: Share): void {
    this.mined[share.segment]?.stored.add(share);
  }

  /** The highest hash value that could enter a segment's best if the process were killed now. */
  storedTarget(segment: number): bigint {
    return this.mined[segment]!.stored.entryTarget;
  }

  /** Notes that a record of them is in the store. */
  stored(records: RoundRecord['segments']): void {
    // The newest segment is never dropped, so the last in a record has the highest number.
    const last = records[records.length - 1];
    this.storedCount = Math.max(this.storedCount, last ? last.index + 1 : 0);
  }

  /** Whether there is one that a later process would not know. */
  get hasUnstored(): boolean {
    return this.storedCount < this.mined.length;
  }

  /** The shares of the proof, each with the place of its segment in `list`. */
  placedShares(): Share[] {
    const places = [...this.mined.keys()].filter((index) => this.mined[index]);
    return this.shares.map((share) => ({ ...share, segment: places.indexOf(share.segment) }));
  }

  toRecord(): RoundRecord['segments'] {
    return [...this.mined.entries()].flatMap(([index, mined]) => {
      if (!mined) return [];
      const { height, prev, time, bits } = mined.segment;
      const shares = mined.best.list().map(toPacked);
      return { index, height, prev: Buffer.from(prev).toString('hex'), time, bits, shares };
    });
  }

  private kept(): MinedSegment[] {
    return this.mined.filter((mined) => mined !== undefined);
  }

  /** Drops the segment that proves least by itself, of those that are neither spared nor proven. */
  private dropOne(spare: readonly (number | undefined)[]): void {
    const spared = new Set(spare);
    for (const { segment } of this.shares) spared.add(segment);
    let worst: { index: number; hashes: bigint } | undefined;
    for (const [index, mined] of this.mined.entries()) {
      if (!mined || spared.has(index)) continue;
      const shares = mined.best.list();
      const highest = shares[shares.length - 1]?.hashValue ?? 0n;
      const hashes = estimateHashes(this.source, shares.length, highest);
      if (!worst || hashes < worst.hashes) worst = { index, hashes };
    }
    if (!worst) return;
    this.mined[worst.index] = undefined;
    this.templates[worst.index] = undefined;
  }
}
