import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { CONTENDERS } from './contenders';
import { spreadOf, type Spread } from './statistics';
import type { SampleOrder, SampleReply } from './thread';

/** A measured rate, in 10^6 hashes a second, of all threads together. */
export interface Measurement {
  backend: string;
  variant: string;
  threads: number;
  rateMHps: Spread;
}

/** Long compared with a time slice, short compared with the swings of a shared machine. */
const SAMPLE_MS = 100;
/** Time for V8 to reach its optimised code. */
const WARM_UP_MS = 300;

/**
 * Measures every contender on `threads` threads. The contenders take turns, sample by sample, so that whatever else the
 * machine does affects all of them alike. One that can't run is reported to `log` and left out.
 */
export async function measure(
  threads: number,
  secondsEach: number,
  log: (message: string) => void,
): Promise<Measurement[]> {
  const workers = Array.from({ length: threads }, startThread);
  try {
    const samples = new Map<string, { variant: string; rates: number[] }>();
    for (const contender of CONTENDERS) {
      const warm = await sample(workers, { contender, ms: WARM_UP_MS });
      if ('error' in warm) log(`${contender} left out: ${warm.error}`);
      else samples.set(contender, { variant: warm.variant, rates: [] });
    }
    const rounds = Math.max(3, Math.round((secondsEach * 1000) / SAMPLE_MS));
    log(`${threads} thread${threads === 1 ? '' : 's'}: ${rounds} rounds of ${SAMPLE_MS} ms each`);
    for (let i = 0; i < rounds; i++) {
      for (const [contender, { rates }] of samples) {
        const result = await sample(workers, { contender, ms: SAMPLE_MS });
        if ('error' in result) throw new Error(`${contender}: ${result.error}`);
        rates.push(result.rateMHps);
      }
    }
    return [...samples].map(([backend, { variant, rates }]) => ({
      backend,
      variant,
      threads,
      rateMHps: spreadOf(rates),
    }));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** A worker's first file doesn't go through the main thread's TypeScript loader. */
function startThread(): Worker {
  const file = JSON.stringify(path.join(__dirname, 'thread.ts'));
  return new Worker(`require('tsx/cjs'); require(${file});`, { eval: true });
}

async function sample(
  workers: readonly Worker[],
  order: SampleOrder,
): Promise<{ variant: string; rateMHps: number } | { error: string }> {
  const replies = await Promise.all(
    workers.map(async (worker) => {
      const reply = once(worker, 'message');
      worker.postMessage(order);
      return ((await reply) as [SampleReply])[0];
    }),
  );
  let rateMHps = 0;
  let variant = '';
  for (const reply of replies) {
    if ('error' in reply) return reply;
    rateMHps += reply.hashes / reply.ms / 1000;
    variant = reply.variant;
  }
  return { variant, rateMHps };
}
