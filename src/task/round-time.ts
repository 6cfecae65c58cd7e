import { currentRound } from '../koii/chain';

/**
 * Checks a round number that came from the node.
 * @throws RangeError when it is no whole number from 0 to 2^53-1
 */
export function checkRound(round: unknown): void {
  if (Number.isSafeInteger(round) && (round as number) >= 0) return;
  throw new RangeError(`round: expected a whole number from 0, got ${JSON.stringify(round)}`);
}

/**
 * Where a round stands by the chain's clock: so many rounds until it starts, 0 while it runs, below 0
 * when it is over.
 * @throws NodeCallError
 */
export async function roundsUntil(round: number): Promise<number> {
  return round - (await currentRound());
}
