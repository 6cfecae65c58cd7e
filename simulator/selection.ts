import { createHash } from 'node:crypto';

import { distributionInfo, submissionInfo } from './chain-view';
import type { Ledger } from './ledger';

/** The input of the selection. The order of the submissions' keys matters. */
export interface SelectionInput {
  readonly submissions: Readonly<Record<string, unknown>>;
  /** Who submitted in each of the two rounds before; fewer at the start. */
  readonly earlierSubmitters: readonly ReadonlySet<string>[];
  /** Who made a list of this round that was voted out. */
  readonly failedMakers: ReadonlySet<string>;
  readonly isPreviousFailed: boolean;
}

/** Who makes a round's distribution list, as every task process computes it from this ledger. For the report only. */
export function expectedListMaker(ledger: Ledger, round: number): string | undefined {
  const submittersOf = (r: number) => submissionInfo(ledger, r).submissions[r] ?? {};
  const info = distributionInfo(ledger, round);
  const hasFailed = info.distributions_audit_record[round] === 'PayoutFailed';
  const made = info.distribution_rewards_submission[round] ?? {};
  return selectListMaker({
    submissions: submittersOf(round),
    earlierSubmitters: [round - 1, round - 2]
      .filter((r) => r >= 0)
      .map((r) => new Set(Object.keys(submittersOf(r)))),
    failedMakers: new Set(hasFailed ? Object.keys(made) : []),
    isPreviousFailed: ledger.hasFailedLately(round),
  });
}

/**
 * The algorithm of @_koii/namespace-wrapper 1.0.23 (nodeSelectionDistributionList). Candidates are the keys that
 * submitted in this round and the two before it (all of this round's when there is none), less the failed makers.
 * The one whose hash is farthest from the hash of all candidates' submissions is chosen; after a failure, the
 * runner-up.
 * @returns base58, or undefined if it chooses nobody: there are no submissions or, after a failure, no candidate
 *   comes second without having been first on the way
 */
export function selectListMaker(input: SelectionInput): string | undefined {
  const { submissions, earlierSubmitters, failedMakers, isPreviousFailed } = input;
  const submitters = Object.keys(submissions);
  const steady = submitters.filter((key) => earlierSubmitters.every((keys) => keys.has(key)));
  const pool = steady.length > 0 ? steady : submitters;
  const keys = pool.filter((key) => !failedMakers.has(key));

  const target = asciiSum(sha256Hex(JSON.stringify(keys.map((key) => submissions[key]))));
  const scored = keys.map((key) => ({
    key,
    distance: Math.abs(target - asciiSum(sha256Hex(JSON.stringify({ [key]: submissions[key] })))),
  }));
  return isPreviousFailed ? runnerUp(scored) : farthest(scored);
}

interface Scored {
  readonly key: string;
  readonly distance: number;
}

/** The first of the highest. A distance of 0 is never chosen. */
function farthest(scored: readonly Scored[]): string | undefined {
  let best: Scored = { key: '', distance: 0 };
  for (const candidate of scored) {
    if (candidate.distance > best.distance) best = candidate;
  }
  return best.key || undefined;
}

/** As published: a candidate that was the highest so far is forgotten once a higher one displaces it. */
function runnerUp(scored: readonly Scored[]): string | undefined {
  let highest = -Infinity;
  let second = -Infinity;
  let chosen: string | undefined;
  for (const { key, distance } of scored) {
    if (distance > highest) {
      second = highest;
      highest = distance;
    } else if (distance > second) {
      second = distance;
      chosen = key;
    }
  }
  return chosen;
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function asciiSum(text: string): number {
  return [...text].reduce((sum, char) => sum + char.charCodeAt(0), 0);
}
