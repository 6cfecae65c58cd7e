import { currentRound } from '../koii/chain';
import { currentRoundBySlots } from '../koii/round-times';

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
 * @throws NodeCallError, and Error when the node contradicts itself
 */
export async function roundsUntil(round: number): Promise<number> {
  const current = await currentRound();
  // The SDK gives error numbers as answers: one that surprises has to agree with the slots.
  if (Math.abs(round - current) > 1) {
    const bySlots = await currentRoundBySlots();
    if (Math.abs(bySlots - current) > 1) {
      throw new Error(`the node says that round ${current} runs, by its slots it is ${bySlots}`);
    }
  }
  return round - current;
}
