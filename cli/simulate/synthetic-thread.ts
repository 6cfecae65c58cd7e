import { parentPort, workerData } from 'node:worker_threads';
import { FLOOR, WORK_SOURCE } from '../../src/consensus';
import { createKernel } from '../../src/mining/kernels';
import { Search } from '../../src/mining/search';
import { encodeProof } from '../../src/proof/codec';
import { composeProof } from '../../src/proof/compose';
import { shareOf } from '../../src/proof/share';
import { koiiSegment } from '../../src/template/koii';
import { templateFor } from '../../src/template/segment';

// Mines proofs of one share, for whatever submitter it is told.

export interface SyntheticRound {
  readonly taskId: Uint8Array;
  readonly round: number;
  readonly seed: Uint8Array;
}

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

const { taskId, round, seed } = workerData as SyntheticRound;
const kernel = createKernel('auto');
const segment = koiiSegment(taskId, round, seed);

parentPort!.on('message', ({ index, submitter }: Order) => {
  const template = templateFor(segment, submitter);
  const search = new Search(kernel, { template, extranonce1: 0, extranonce2: 0 }, FLOOR);
  for (;;) {
    const [attempt] = search.step(BATCH_HASHES).found;
    if (attempt === undefined) continue;
    const proof = composeProof(WORK_SOURCE.koii, [undefined], [shareOf(template, attempt)]);
    parentPort!.postMessage({ index, proof: encodeProof(proof) } satisfies Mined);
    return;
  }
});
