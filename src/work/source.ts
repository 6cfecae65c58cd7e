import { WORK_SOURCE, type CoinbaseRules, type WorkSourceId } from '../consensus';
import { bitcoinTemplate } from './bitcoin';
import { koiiTemplate } from './koii';
import type { RoundSeed } from './seed';
import type { Segment, Template } from './segment';

/** What shares were mined on: koii's one segment is implied by the round, bitcoin's are the miner's own. */
export type Work =
  | { readonly source: typeof WORK_SOURCE.koii }
  | {
      readonly source: typeof WORK_SOURCE.bitcoin;
      /** P2WPKH program of who is paid by the blocks, 20 bytes. */
      readonly payout: Uint8Array;
      /** At least one. */
      readonly segments: readonly Segment[];
    };

export type WorkSourceName = keyof typeof WORK_SOURCE;

/** What people call a work source. */
export function nameOf(source: WorkSourceId): WorkSourceName {
  return source === WORK_SOURCE.bitcoin ? 'bitcoin' : 'koii';
}

/** The work of every round of source koii. */
export const KOII_WORK: Work = { source: WORK_SOURCE.koii };

/**
 * The templates of a submitter's work, one for each segment. Pure and the same on every node: no verdict depends
 * on what a node knows of Bitcoin.
 * @param submitter a raw public key, 32 bytes
 * @throws RangeError when it is not 32 bytes; nothing that a proof can carry makes it throw
 */
export function templatesOf(
  work: Work,
  of: RoundSeed,
  submitter: Uint8Array,
  rules: CoinbaseRules,
): Template[] {
  if (submitter.length !== 32) {
    throw new RangeError(`submitter: expected a public key of 32 bytes, got ${submitter.length}`);
  }
  if (work.source === WORK_SOURCE.koii) return [koiiTemplate(of, submitter)];
  const { segments, payout } = work;
  return segments.map((segment) => bitcoinTemplate(of, segment, submitter, payout, rules));
}
