import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { inTurns, Turns } from '../../src/process/event-loop';

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

describe('turns of many', () => {
  const busyFor = (ms: number): void => {
    const endsAt = performance.now() + ms;
    while (performance.now() < endsAt);
  };

  it('come one after the other, each for as long as it has something to do', async () => {
    const turns = new Turns();
    const seen: string[] = [];
    const stepOf = (name: string, steps: number) => (): boolean => {
      seen.push(name);
      return --steps > 0;
    };
    const a = stepOf('a', 3);
    turns.add(a);
    turns.add(stepOf('b', 1));
    turns.add(stepOf('c', 2));
    turns.add(a);
    expect(seen).to.deep.equal([]);
    await nextTurn();
    expect(seen).to.deep.equal(['a', 'b', 'c', 'a', 'c', 'a']);
    turns.add(stepOf('d', 1));
    await nextTurn();
    expect(seen.at(-1)).to.equal('d');
  });

  it('share one slice, however many they are: other work has its turn after it', async () => {
    const turns = new Turns();
    let left = 50;
    const done = new Promise<void>((resolve) => {
      for (let i = 0; i < 50; i++) {
        turns.add(() => {
          busyFor(2);
          if (--left === 0) resolve();
          return false;
        });
      }
    });
    // A hundred milliseconds take ten slices.
    expect(await turnsDuring(done)).to.be.within(5, 51);
  });
});
