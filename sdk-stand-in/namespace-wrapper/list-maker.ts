import { createHash } from 'node:crypto';
import type { Submission } from './types';

export interface ListMakerInput {
  /** The round's submissions by public key, as the node gave them: the order of the keys matters. */
  submissions: Record<string, Submission>;
  /** Who submitted in each of the two rounds before (one or none at the start). */
  earlierSubmitters: ReadonlySet<string>[];
  /** Makers whose list for this round was voted down. */
  failedMakers: readonly string[];
  previousRoundFailed: boolean;
}

/**
 * The public key of the node that makes a round's distribution list, or '' when nobody is selected. Every node
 * computes it for itself, so this follows the official SDK's selection step by step, oddities included.
 */
export function selectListMaker(input: ListMakerInput): string {
  const { submissions, earlierSubmitters, failedMakers, previousRoundFailed } = input;
  const all = Object.keys(submissions);
  const steady = all.filter((key) => earlierSubmitters.every((keys) => keys.has(key)));
  const candidates = (steady.length > 0 ? steady : all).filter(
    (key) => !failedMakers.includes(key),
  );

  const digest = hash(candidates.map((key) => submissions[key]));
  const scored = candidates.map((key) => ({
    key,
    score: Math.abs(characterSum(digest) - characterSum(hash({ [key]: submissions[key] }))),
  }));
  return previousRoundFailed ? runnerUp(scored) : highest(scored);
}

interface Scored {
  key: string;
  score: number;
}

/** The first of the highest scores; a score of 0 never wins. */
function highest(scored: Scored[]): string {
  let best: Scored = { key: '', score: 0 };
  for (const candidate of scored) if (candidate.score > best.score) best = candidate;
  return best.key;
}

/**
 * The SDK's second choice after a failed round. It is not quite the second highest: a candidate that is overtaken
 * as the highest becomes the score to beat but is not selected, so rising scores select nobody.
 */
function runnerUp(scored: Scored[]): string {
  let first = -Infinity;
  let second = -Infinity;
  let selected = '';
  for (const { key, score } of scored) {
    if (score > first) {
      second = first;
      first = score;
    } else if (score > second) {
      second = score;
      selected = key;
    }
  }
  return selected;
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function characterSum(text: string): number {
  return [...text].reduce((sum, character) => sum + character.charCodeAt(0), 0);
}
