import type { WorkSourceId } from '../consensus';
import type { Segment } from './segment';

/** How a proof of work source bitcoin names a segment; koii's only one is implied by the round. */
export interface SegmentRef {
  height: number;
  time: number;
}

/** The segments a proof names, or why no honest node could have worked on them. */
export type Resolution = { segments: Segment[] } | { reason: string };

/** The work of one round, as an auditor sees it. */
export interface RoundWork {
  source: WorkSourceId;
  /**
   * Turns the references of a proof into segments, one for one. Throws when this node lacks what it
   * needs to tell: then it abstains.
   */
  resolve(refs: (SegmentRef | undefined)[]): Resolution;
}
