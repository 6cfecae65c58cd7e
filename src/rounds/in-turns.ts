import { setImmediate as nextTurn } from 'node:timers/promises';

/** So long at most may a loop keep all other work waiting; a slow item or a garbage collection adds to it. */
const SLICE_MS = 10;

/** Goes over items, and lets other work have its turn after every slice. */
export async function* inTurns<T>(items: Iterable<T>): AsyncGenerator<T> {
  let sliceEndsAt = performance.now() + SLICE_MS;
  for (const item of items) {
    yield item;
    if (performance.now() < sliceEndsAt) continue;
    await nextTurn();
    sliceEndsAt = performance.now() + SLICE_MS;
  }
}
