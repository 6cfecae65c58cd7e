import { parentPort, workerData } from 'node:worker_threads';
import { FLOOR } from '../../src/consensus';
import { createKernel } from '../../src/mining/kernels';
import { Search } from '../../src/mining/search';
import { encodeProof } from '../../src/proof/codec';
import { composeProof } from '../../src/proof/compose';
import { shareOf } from '../../src/proof/share';
import { koiiTemplate } from '../../src/work/koii';
import type { RoundSeed } from '../../src/work/seed';
import { KOII_WORK } from '../../src/work/source';

// Mines proofs of one share, for whatever submitter it is told.

/** To the thread: whose proof to mine. */
export interface Order {
  readonly index: number;
  readonly submitter: Uint8Array;
}

/** From the thread. */
export interface Mined {
  readonly index: number;
  readonly proof: string;
}

/** Short of the 2^18 hashes that a share takes on average, so that little is hashed in vain. */
const BATCH_HASHES = 2 ** 16;

const of = workerData as RoundSeed;
const kernel = createKernel('auto');

parentPort!.on('message', ({ index, submitter }: Order) => {
  const template = koiiTemplate(of, submitter);
  const search = new Search(kernel, { template, extranonce1: 0, extranonce2: 0 }, FLOOR);
  for (;;) {
    const [attempt] = search.step(BATCH_HASHES).found;
    if (attempt === undefined) continue;
    const proof = composeProof(KOII_WORK, [shareOf(template, attempt)]);
    parentPort!.postMessage({ index, proof: encodeProof(proof) } satisfies Mined);
    return;
  }
});
