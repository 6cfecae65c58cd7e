import { currentRound } from '../koii/chain';
import { currentRoundBySlots } from '../koii/round-times';
import { NotYetError } from '../rounds/seeds';

/**
 * Checks a round number that came from the node.
 * @throws RangeError when it is no whole number from 0 to 2^53-1
 */
export function checkRound(round: unknown): void {
  if (Number.isSafeInteger(round) && (round as number) >= 0) return;
  throw new RangeError(`round: expected a whole number from 0, got ${JSON.stringify(round)}`);
}

/**
 * The round that runs by the chain's clock.
 * @param expected one that is not near it, and so is any where nothing is expected, has to agree with the slots: the SDK
 *   gives error numbers as answers
 * @throws NodeCallError, and NotYetError when the node contradicts itself
 */
export async function roundThatRuns(expected = -Infinity): Promise<number> {
  const current = await currentRound();
  if (Math.abs(expected - current) <= 1) return current;
  const bySlots = await currentRoundBySlots();
  if (Math.abs(bySlots - current) <= 1) return current;
  throw new NotYetError(`the node says that round ${current} runs, by its slots it is ${bySlots}`);
}
