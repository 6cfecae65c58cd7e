import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { K, PROOF_RULES, WORK_SOURCE } from '../src/consensus';
import { createKernel } from '../src/mining/kernels/choose';
import { Search } from '../src/mining/search';
import { BestShares, shareOf, type Share } from '../src/proof/shares';
import type { RoundSeed } from '../src/work/seed';
import type { Segment, Template } from '../src/work/segment';
import { templatesOf, type Work } from '../src/work/source';

// Work source bitcoin without a Bitcoin node: templates are not verified, so a cheater needs none.

export type BitcoinWork = Extract<Work, { segments: unknown }>;

/** Work, and what was found on it. */
export interface Mined {
  readonly work: Work;
  /** One for each segment of the work. */
  readonly templates: readonly Template[];
  readonly shares: readonly Share[];
}

/** A plausible chain tip. */
const tip = (height: number): Segment => ({
  height,
  prev: randomBytes(32),
  time: 1_790_000_000,
  bits: 0x1701fa38,
});

/** Whatever fits into a proof counts as work, and none of it may make an auditor throw. */
const SEGMENTS: readonly (() => Segment[])[] = [
  () => [tip(958_000)],
  // Siblings: one height, two branches.
  () => [tip(958_000), tip(958_000)],
  // The ends of each field; bits that no header may have: a target of nothing, and a negative one beyond 256 bits.
  () => [
    { height: 1, prev: Buffer.alloc(32), time: 0, bits: 0 },
    { height: 2 ** 31 - 1, prev: Buffer.alloc(32, 0xff), time: 0xffffffff, bits: 0xff800001 },
  ],
];

/** Templates of no real chain, and a payout to no real address. @param n selects the way to make them up, in turn */
export function madeUpWork(n: number): BitcoinWork {
  const segments = SEGMENTS[n % SEGMENTS.length]!();
  return { source: WORK_SOURCE.bitcoin, payout: randomBytes(20), segments };
}

/** Two segments, so that each can be falsified. */
export function madeUpSiblings(): BitcoinWork {
  return madeUpWork(1);
}

/** About as many as a full proof needs. */
const HASHES = K[WORK_SOURCE.bitcoin] * 2 ** 18;
/** Some milliseconds: the SDK and the HTTP API share the thread. */
const STEP_HASHES = 2 ** 15;

/**
 * Mines each segment in turn, with a turn of the event loop between steps.
 * @param forMs for at most so long
 * @returns what was found, and exactly how many hashes were computed, whatever was found
 */
export async function mineTemplates(
  work: BitcoinWork,
  of: RoundSeed,
  submitter: Uint8Array,
  forMs: number,
): Promise<Mined & { hashes: number }> {
  const kernel = createKernel('auto');
  const templates = templatesOf(work, of, submitter, PROOF_RULES);
  const best = new BestShares(K[work.source]);
  const [partHashes, partMs] = [HASHES / templates.length, forMs / templates.length];
  let hashes = 0;
  for (const [segment, template] of templates.entries()) {
    const search = new Search(kernel, { template, prefix: 0, extranonce2: 0 }, PROOF_RULES.floor);
    const endsAt = performance.now() + partMs;
    for (let done = 0; done < partHashes && performance.now() < endsAt; await turn()) {
      const step = search.step(STEP_HASHES);
      for (const attempt of step.found) best.add(shareOf(template, attempt, segment));
      done += step.hashes;
      hashes += step.hashes;
    }
  }
  return { work, templates, shares: best.list(), hashes };
}
