import { bitsToTarget } from '../bitcoin/target';
import { WORK_SOURCE, type CoinbaseRules, type WorkSourceId } from '../consensus';
import { bitcoinTemplate, koiiSegment, koiiTemplate } from './coinbases';
import type { RoundSeed } from './seed';
import type { Segment, Template } from './segment';

/** Where segments come from, and with bitcoin whom their blocks pay. */
export type Origin =
  | { readonly source: typeof WORK_SOURCE.koii }
  | {
      readonly source: typeof WORK_SOURCE.bitcoin;
      /** P2WPKH program, 20 bytes */
      readonly payout: Uint8Array;
    };

/** What shares were mined on: koii's only segment is implied by the round, bitcoin's are the miner's own. */
export type Work =
  | Extract<Origin, { source: typeof WORK_SOURCE.koii }>
  | (Extract<Origin, { source: typeof WORK_SOURCE.bitcoin }> & {
      /** At least one. */
      readonly segments: readonly Segment[];
    });

/** A stream of work that a miner follows within a round. */
export interface WorkSource {
  readonly origin: Origin;
  /**
   * The segments of a round as they come; each is mined until the next one comes.
   * @param kept segments mined in this round before, to be given again when they are still the work
   * @param signal ends the stream; nothing else does, and no error
   */
  segments(of: RoundSeed, kept: readonly Segment[], signal: AbortSignal): AsyncIterable<Segment>;
}

export type WorkSourceName = keyof typeof WORK_SOURCE;

/** The name people use for a work source. */
export function nameOf(source: WorkSourceId): WorkSourceName {
  return source === WORK_SOURCE.bitcoin ? 'bitcoin' : 'koii';
}

/** The work of every round of source koii. */
export const KOII_WORK: Extract<Origin, { source: typeof WORK_SOURCE.koii }> = {
  source: WORK_SOURCE.koii,
};

/** The work that was mined with an origin. @param segments those mined; ignored for koii */
export function workOn(origin: Origin, segments: readonly Segment[]): Work {
  return origin.source === WORK_SOURCE.koii ? origin : { ...origin, segments };
}

/**
 * A segment's template for a submitter. Pure, so it is the same on every node: no verdict depends on what a node
 * knows of Bitcoin.
 * @param segment ignored with source koii: the round implies it
 * @param submitter a raw public key, 32 bytes
 * @throws RangeError when the submitter is not 32 bytes; nothing that a proof can carry makes it throw
 */
export function templateOn(
  origin: Origin,
  segment: Segment,
  of: RoundSeed,
  submitter: Uint8Array,
  rules: CoinbaseRules,
): Template {
  if (submitter.length !== 32) {
    throw new RangeError(`submitter: expected a public key of 32 bytes, got ${submitter.length}`);
  }
  return origin.source === WORK_SOURCE.koii
    ? koiiTemplate(of, submitter)
    : bitcoinTemplate(of, segment, submitter, origin.payout, rules);
}

/**
 * The template of a segment as a submitter mines it: with the target of blocks, which nothing in an audit expands.
 * @throws as `templateOn` does
 */
export function minedTemplateOn(...args: Parameters<typeof templateOn>): Template {
  const template = templateOn(...args);
  const [origin] = args;
  if (origin.source === WORK_SOURCE.koii) return template;
  try {
    return { ...template, blockTarget: bitsToTarget(template.bits) };
  } catch {
    // A Bitcoin node that lies: nothing mined on this is a block.
    return template;
  }
}

/** The templates of all segments of a submitter's work, in order. @throws as `templateOn` does */
export function templatesOf(
  work: Work,
  of: RoundSeed,
  submitter: Uint8Array,
  rules: CoinbaseRules,
): Template[] {
  const segments = work.source === WORK_SOURCE.koii ? [koiiSegment(of)] : work.segments;
  return segments.map((segment) => templateOn(work, segment, of, submitter, rules));
}

/** Where the work of rounds comes from. */
export interface WorkSources {
  /** The source of a round that begins now. Takes seconds at most, and never rejects. */
  choose(): Promise<WorkSource>;
  /** The source of a round that was begun with this origin. */
  of(origin: Origin): WorkSource;
}

/** One source for all rounds. */
export function onlySource(source: WorkSource): WorkSources {
  return { choose: () => Promise.resolve(source), of: () => source };
}

/** Work source koii as a stream of one segment. */
export const koiiSource: WorkSource = {
  origin: KOII_WORK,
  async *segments(of, _kept, signal) {
    if (!signal.aborted) yield koiiSegment(of);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  },
};
