import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { WORK_SOURCE, type WorkSourceId } from '../../src/consensus';
import { verifyProof } from '../../src/proof/verify';
import { decodeKey } from '../../src/work/identity';
import { roundSeed, type RoundSeed } from '../../src/work/seed';
import { duration } from '../../src/format';
import type { Mined, Order } from './synthetic-thread';

const REPORT_MS = 2000;
const SAVE_MS = 10_000;

/** The round with synthetic submitters: like round 0's, its seed depends on no submission and is known in advance. */
export const SYNTHETIC_ROUND = 1;

/**
 * Real proofs of one share each for the synthetic round of a task, alternating work sources. What was mined once
 * is read from the cache.
 * @param submitters base58 keys; the n-th always the same for the same task
 * @param cache a directory, created if needed
 */
export async function prepareProofs(
  taskId: string,
  submitters: readonly string[],
  cache: string,
  log: (line: string) => void,
): Promise<string[]> {
  const round: RoundSeed = {
    taskId: decodeKey(taskId),
    round: SYNTHETIC_ROUND,
    seed: roundSeed(decodeKey(taskId), SYNTHETIC_ROUND, {}),
  };
  const file = join(cache, `${taskId}.txt`);
  const proofs = readValid(file, submitters, round);
  log(`${proofs.length} of ${submitters.length} proofs are in ${file}`);
  if (proofs.length < submitters.length) {
    mkdirSync(cache, { recursive: true });
    await mineRest(round, submitters, proofs, (mined) => save(file, mined), log);
  }
  return proofs;
}

/** Work sources alternate. */
function sourceOf(index: number): WorkSourceId {
  return index % 2 === 0 ? WORK_SOURCE.koii : WORK_SOURCE.bitcoin;
}

/** The proofs in a cache file, one a line, up to the first that is invalid or of the wrong source for its place. */
function readValid(file: string, submitters: readonly string[], round: RoundSeed): string[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, submitters.length);
  const end = lines.findIndex((proof, index) => {
    const verdict = verifyProof(proof, decodeKey(submitters[index]!), round);
    return !verdict.valid || verdict.source !== sourceOf(index);
  });
  return end < 0 ? lines : lines.slice(0, end);
}

function save(file: string, proofs: readonly string[]): void {
  // Renamed into place, so that a file is always complete, however this process ends.
  writeFileSync(`${file}.part`, proofs.map((proof) => `${proof}\n`).join(''));
  renameSync(`${file}.part`, file);
}

/** Mines the proofs missing at the end of `proofs`, with a thread for each core. */
async function mineRest(
  round: RoundSeed,
  submitters: readonly string[],
  proofs: string[],
  saveAll: (proofs: readonly string[]) => void,
  log: (line: string) => void,
): Promise<void> {
  const first = proofs.length;
  const missing = submitters.length - first;
  const startedAt = performance.now();
  const early = new Map<number, string>();
  let next = first;
  let done = 0;
  let savedAt = startedAt;

  const threads = Array.from({ length: Math.min(os.availableParallelism(), missing) }, () =>
    startThread(round),
  );
  const reporter = setInterval(() => {
    const elapsedMs = performance.now() - startedAt;
    const left = done === 0 ? '' : `, ${duration((elapsedMs / done) * (missing - done))} left`;
    log(`Mining proofs: ${first + done} of ${submitters.length}${left}`);
  }, REPORT_MS);
  try {
    await new Promise<void>((resolve, reject) => {
      const feed = (thread: Worker): void => {
        if (next >= submitters.length) return;
        const index = next++;
        const [source, submitter] = [sourceOf(index), decodeKey(submitters[index]!)];
        thread.postMessage({ index, source, submitter } satisfies Order);
      };
      for (const thread of threads) {
        thread.on('error', reject);
        thread.on('message', ({ index, proof }: Mined) => {
          feed(thread);
          done++;
          // The cache holds them in order, without gaps.
          early.set(index, proof);
          for (let ready = early.get(proofs.length); ready !== undefined;) {
            early.delete(proofs.length);
            proofs.push(ready);
            ready = early.get(proofs.length);
          }
          if (performance.now() - savedAt > SAVE_MS) {
            savedAt = performance.now();
            saveAll(proofs);
          }
          if (proofs.length === submitters.length) resolve();
        });
        feed(thread);
      }
    });
  } finally {
    clearInterval(reporter);
    saveAll(proofs);
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
  log(`Mined ${missing} proofs in ${duration(performance.now() - startedAt)}`);
}

/** A worker from TypeScript source: this thread's loader does not apply to a worker's first file. */
function startThread(workerData: RoundSeed): Worker {
  const files = [
    createRequire(__filename).resolve('tsx/cjs'),
    join(__dirname, 'synthetic-thread.ts'),
  ];
  const code = files.map((file) => `require(${JSON.stringify(file)});`).join('');
  return new Worker(code, { workerData, eval: true });
}
