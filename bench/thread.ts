import { parentPort } from 'node:worker_threads';
import { createContender, type Contender } from './contenders';

// One hashing thread of the benchmark, which takes samples on demand.

export interface SampleOrder {
  contender: string;
  ms: number;
}
export type SampleReply = { variant: string; hashes: number; ms: number } | { error: string };

const contenders = new Map<string, Contender>();

async function sample({ contender: name, ms }: SampleOrder): Promise<SampleReply> {
  try {
    const contender = contenders.get(name) ?? (await createContender(name));
    contenders.set(name, contender);
    const startedAt = performance.now();
    let hashes = 0;
    let elapsed = 0;
    while (elapsed < ms) {
      hashes += contender.run();
      elapsed = performance.now() - startedAt;
    }
    return { variant: contender.variant, hashes, ms: elapsed };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

parentPort!.on('message', (order: SampleOrder) => {
  void sample(order).then((reply) => parentPort!.postMessage(reply));
});
