import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import bs58 from 'bs58';
import { Command } from 'commander';
import { wholeNumber } from '../cli/option-types';
import { Auditor } from '../src/audit/auditor';
import { Seeds } from '../src/audit/seeds';
import { sharePayouts } from '../src/distribution/payouts';
import { createLog } from '../src/process/log';
import { verifyProof } from '../src/proof/verify';
import { decodeKey } from '../src/work/identity';
import { MemoryStore } from '../tests/fixtures/memory-store';
import { judgeOf, vectors, type Vector } from '../tests/fixtures/proofs';

// Measures what auditing costs: one proof of each work source, then all proofs and the distribution list of ever larger
// rounds, with the longest time that the event loop was blocked. Every proof is full, since such proofs cost the most.

/** The histogram measures from tick to tick, so this much is no delay. */
const RESOLUTION_MS = 5;

/** As many as memory allows. */
const MAX_SIZE = 1_000_000;

const vector = vectors[0]!;
const ofBitcoin = vectors.find(({ segments }) => segments?.length === 2)!;
const taskId = decodeKey(vector.taskId);

const { sizes } = new Command('bench:audit')
  .description('Times audits and distribution lists.')
  .option(
    '--sizes <list>',
    'submitters of each round, whole numbers separated by commas',
    listOfSizes,
    [1000, 10_000, 50_000],
  )
  .parse()
  .opts<{ sizes: number[] }>();

function listOfSizes(text: string): number[] {
  return text.split(',').map(wholeNumber(1, MAX_SIZE));
}

function msPerProof(of: Vector): number {
  const judge = judgeOf(of);
  const runs = 2000;
  const startedAt = performance.now();
  for (let i = 0; i < runs; i++) verifyProof(of.proof, judge.submitter, judge.of, judge.rules);
  return (performance.now() - startedAt) / runs;
}

async function timeRound(size: number) {
  const chain = { submissions: () => Promise.resolve(vector.submissionsOfRoundMinus2) };
  const seeds = new Seeds(taskId, chain, new MemoryStore(), createLog('silent'));
  const auditor = new Auditor(taskId, seeds, '');
  const submitted = Array.from({ length: size }, () => ({
    submitter: vector.submitter,
    proof: vector.proof,
  }));
  const key = Buffer.alloc(32);
  const keys = submitted.map((_, i) => (key.writeUInt32LE(i), bs58.encode(key)));

  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  await nextTurn();
  delay.enable();
  const startedAt = performance.now();
  const verdicts = await auditor.auditAll(vector.round, submitted);
  const auditedAt = performance.now();
  await nextTurn();
  const listStartedAt = performance.now();
  sharePayouts(
    verdicts.map((verdict, i) => ({ publicKey: keys[i]!, verdict })),
    10n ** 9n,
  );
  const listMs = performance.now() - listStartedAt;
  await nextTurn();
  delay.disable();
  return {
    auditMs: auditedAt - startedAt,
    listMs,
    longestBlockMs: delay.max / 1e6 - RESOLUTION_MS,
  };
}

async function main(): Promise<void> {
  for (const of of [vector, ofBitcoin]) {
    for (let i = 0; i < 3; i++) msPerProof(of);
    const ms = msPerProof(of).toFixed(3);
    const segments = of.segments?.length ?? 1;
    console.log(
      `one proof of ${of.workSource}, ${of.shares} shares on ${segments} template(s): ${ms} ms`,
    );
  }
  for (const size of sizes) {
    const { auditMs, listMs, longestBlockMs } = await timeRound(size);
    const perProof = ((auditMs + listMs) / size).toFixed(3);
    console.log(
      `${size} submitters: audit ${(auditMs / 1000).toFixed(2)} s, list ${listMs.toFixed(0)} ms, ` +
        `${perProof} ms each, the event loop waited at most ${longestBlockMs.toFixed(0)} ms`,
    );
  }
}

void main();
