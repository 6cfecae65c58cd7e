import { createHash } from 'node:crypto';

import { distributionInfo, submissionInfo } from './chain-view';
import type { Ledger } from './ledger';

/**
 * Who makes the distribution list of a round, by the algorithm of @_koii/namespace-wrapper 1.0.23
 * (nodeSelectionDistributionList), which each task process runs for itself. The simulator uses it for its report only.
 *
 * Candidates are the keys that submitted in this round and the two before it (all of this round's when there is
 * none), less those whose list of this round was voted out. The one whose hash is farthest from the hash of all
 * candidates' submissions is chosen; after a failure, the runner-up.
 * @returns base58, or undefined when it chooses nobody: no submissions, or, after a failure, no candidate that
 *   comes second without having been first on the way
 */
export function selectListMaker(
  ledger: Ledger,
  round: number,
  isPreviousFailed: boolean,
): string | undefined {
  const submissions = submissionInfo(ledger, round).submissions[round];
  if (submissions === undefined) return undefined;

  const keys = candidates(ledger, round, Object.keys(submissions));
  const digest = sha256Hex(JSON.stringify(keys.map((key) => submissions[key])));
  const scored = keys.map((key) => ({
    key,
    distance: Math.abs(
      asciiSum(digest) - asciiSum(sha256Hex(JSON.stringify({ [key]: submissions[key] }))),
    ),
  }));
  return isPreviousFailed ? runnerUp(scored) : farthest(scored);
}

interface Scored {
  readonly key: string;
  readonly distance: number;
}

function candidates(ledger: Ledger, round: number, submitters: readonly string[]): string[] {
  const earlier = [round - 1, round - 2]
    .filter((r) => r >= 0)
    .map((r) => new Set(Object.keys(submissionInfo(ledger, r).submissions[r] ?? {})));
  const steady = submitters.filter((key) => earlier.every((keys) => keys.has(key)));
  const pool = steady.length > 0 ? steady : submitters;

  const info = distributionInfo(ledger, round);
  if (info.distributions_audit_record[round] !== 'PayoutFailed') return [...pool];
  const failed = new Set(Object.keys(info.distribution_rewards_submission[round] ?? {}));
  return pool.filter((key) => !failed.has(key));
}

/** The first of the highest. A distance of 0 is never chosen. */
function farthest(scored: readonly Scored[]): string | undefined {
  let best: Scored = { key: '', distance: 0 };
  for (const candidate of scored) {
    if (candidate.distance > best.distance) best = candidate;
  }
  return best.key || undefined;
}

/** As published: a candidate that was the highest when it came is not remembered once a higher one displaces it. */
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
