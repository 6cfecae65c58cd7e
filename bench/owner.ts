import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Command } from 'commander';
import { seconds as secondsOf } from '../cli/option-types';
import { startNode, type StandaloneNode } from './standalone-node';
import { percentileOf, spreadOf } from './statistics';

// Measures what the owner of the machine notices of mining: how long a thread takes to hash at full speed, how much of
// a core it uses at each intensity, and how long requests take while it mines.

const START_BACKENDS = ['auto', 'wasm-simd', 'js'];
const STARTS = 7;
const INTENSITIES = [10, 25, 50, 75, 100];
/** Choosing and proving a kernel comes before the intensity takes effect. */
const SETTLE_MS = 2_000;
const REQUESTS = 1_000;
const BETWEEN_REQUESTS_MS = 5;

const { seconds } = new Command('bench:owner')
  .description('Measures what the owner of a machine notices of mining.')
  .option('--seconds <s>', 'time for each intensity', secondsOf, 10)
  .parse()
  .opts<{ seconds: number }>();

/** How long a new thread takes to choose its kernel, prove it and bring it to full speed. */
async function startMs(backend: string): Promise<number> {
  const file = JSON.stringify(path.join(__dirname, '../src/mining/kernels/choose.ts'));
  const code = `
    require('tsx/cjs');
    const { createKernel } = require(${file});
    const startedAt = performance.now();
    createKernel(${JSON.stringify(backend)});
    require('node:worker_threads').parentPort.postMessage(performance.now() - startedAt);`;
  const thread = new Worker(code, { eval: true });
  const [ms] = (await once(thread, 'message')) as [number];
  await thread.terminate();
  return ms;
}

/** Percent of a core that a node with one thread uses. */
async function cpuPercent(intensity: number): Promise<number> {
  const node = await startNode({ MINING_THREADS: '1', MINING_INTENSITY: String(intensity) });
  try {
    await node.start(1);
    await sleep(SETTLE_MS);
    const before = await node.metric('process_cpu_seconds_total');
    const startedAt = performance.now();
    await sleep(seconds * 1000);
    const used = (await node.metric('process_cpu_seconds_total')) - before;
    return (100_000 * used) / (performance.now() - startedAt);
  } finally {
    await node.dispose();
  }
}

/** How long /healthz takes to answer, one request at a time. */
async function latenciesMs({ url }: StandaloneNode): Promise<number[]> {
  const latencies: number[] = [];
  for (let i = 0; i < REQUESTS; i++) {
    const sentAt = performance.now();
    await (await fetch(`${url}/healthz`)).text();
    latencies.push(performance.now() - sentAt);
    await sleep(BETWEEN_REQUESTS_MS);
  }
  return latencies;
}

async function main(): Promise<void> {
  const cpus = os.cpus();
  console.log(`CPU   ${cpus[0]?.model.trim() ?? 'unknown'}, ${cpus.length} logical cores`);
  console.log(`Node  ${process.versions.node}`);
  for (const backend of START_BACKENDS) {
    const times: number[] = [];
    for (let i = 0; i < STARTS; i++) times.push(await startMs(backend));
    const { median, min, max } = spreadOf(times);
    const range = `${min.toFixed(0)} to ${max.toFixed(0)}`;
    console.log(`start ${backend}: ${median.toFixed(0)} ms to full speed (${range})`);
  }
  for (const intensity of INTENSITIES) {
    const used = await cpuPercent(intensity);
    console.log(`MINING_INTENSITY ${intensity}: ${used.toFixed(1)} % of a core`);
  }
  const node = await startNode({ MINING_THREADS: '2' });
  try {
    await latenciesMs(node);
    const tell = (what: string, times: number[]): void =>
      console.log(
        `/healthz ${what}: p50 ${percentileOf(times, 0.5).toFixed(1)} ms, p99 ${percentileOf(times, 0.99).toFixed(1)} ms`,
      );
    tell('without mining', await latenciesMs(node));
    await node.start(1);
    await sleep(SETTLE_MS);
    tell('beside two mining threads', await latenciesMs(node));
  } finally {
    await node.dispose();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
