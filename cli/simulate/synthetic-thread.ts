import { parentPort, workerData } from 'node:worker_threads';
import { PROOF_RULES, WORK_SOURCE, type WorkSourceId } from '../../src/consensus';
import { createKernel } from '../../src/mining/kernels/choose';
import { Search } from '../../src/mining/search';
import { encodeProof, composeProof } from '../../src/proof/codec';
import { shareOf } from '../../src/proof/shares';
import type { RoundSeed } from '../../src/work/seed';
import { KOII_WORK, templatesOf, type Work } from '../../src/work/source';

// Mines proofs of one share for any submitter. Its Bitcoin template is made up: templates are not verified.

/** To the thread: whose proof to mine. */
export interface Order {
  readonly index: number;
  readonly source: WorkSourceId;
  readonly submitter: Uint8Array;
}

/** From the thread. */
export interface Mined {
  readonly index: number;
  readonly proof: string;
}

/** Fewer than the 2^18 hashes that a share takes on average, so that few hashes are wasted. */
const BATCH_HASHES = 2 ** 16;

const MADE_UP: Work = {
  source: WORK_SOURCE.bitcoin,
  payout: Buffer.alloc(20),
  segments: [{ height: 958_000, prev: Buffer.alloc(32), time: 1_790_000_000, bits: 0x1701fa38 }],
};

const of = workerData as RoundSeed;
const kernel = createKernel('auto');

parentPort!.on('message', ({ index, source, submitter }: Order) => {
  const work = source === WORK_SOURCE.koii ? KOII_WORK : MADE_UP;
  const [template] = templatesOf(work, of, submitter, PROOF_RULES);
  const space = { template: template!, prefix: 0, extranonce2: 0 };
  const search = new Search(kernel, space, PROOF_RULES.floor);
  for (;;) {
    const [attempt] = search.step(BATCH_HASHES).found;
    if (attempt === undefined) continue;
    const proof = composeProof(work, [shareOf(template!, attempt)]);
    parentPort!.postMessage({ index, proof: encodeProof(proof) } satisfies Mined);
    return;
  }
});
