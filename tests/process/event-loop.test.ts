import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { inTurns } from '../../src/process/event-loop';

/** How many turns the event loop makes until `work` is done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let running = true;
  const done = work.finally(() => (running = false));
  let turns = 0;
  for (; running; turns++) await nextTurn();
  await done;
  return turns;
}

describe('items in turns', () => {
  it('come in their order, all of them', async () => {
    const items = Array.from({ length: 1000 }, (_, i) => i);
    const seen: number[] = [];
    for await (const item of inTurns(items)) seen.push(item);
    expect(seen).to.deep.equal(items);
  });

  it('let other work have its turn after each slice, not after each item', async () => {
    const untilDone = async (items: number, msEach: number): Promise<void> => {
      for await (const ms of inTurns(Array<number>(items).fill(msEach))) {
        const endsAt = performance.now() + ms;
        while (performance.now() < endsAt);
      }
    };
    // A hundred milliseconds take ten slices, a thousand quick items one.
    expect(await turnsDuring(untilDone(50, 2))).to.be.within(5, 51);
    expect(await turnsDuring(untilDone(1000, 0))).to.be.within(1, 500);
  });
});
