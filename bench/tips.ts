import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Table from 'cli-table3';
import { Command } from 'commander';
import { wholeNumber } from '../cli/option-types';
import { FakeCore } from '../tests/fixtures/fake-core';
import { startNode } from './standalone-node';
import { percentileOf } from './statistics';
import { WatchingMiner, WatchingWorker, type Heard } from './tips/watchers';

// How long it takes from a new tip at a Bitcoin node until everybody mines on it. The node is a fake on loopback, in
// this process; the miner is a process of its own.

/** How the miner hears of blocks: as it can, by what a Bitcoin node lacks. */
const WAYS = {
  waitfornewblock: () => undefined,
  longpollid: (core: FakeCore) => core.lack('waitfornewblock'),
  polling: (core: FakeCore) => {
    core.lack('waitfornewblock');
    core.hasLongPolls = false;
  },
} as const satisfies Record<string, (core: FakeCore) => void>;
type Way = keyof typeof WAYS;

const CONNECTIONS = [1, 50] as const;
const THREADS = 2;
/** No thread finds such a block. */
const BITS = '1800ffff';
const PAYOUT_ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
/** A tip follows when all have heard of the last: above 1 s, for tips are taken no faster, and not in step with polls. */
const PAUSE_MS = { least: 1_050, most: 1_450 };
const LOST_MS = 30_000;

/** Of one kind of miner, over all tips. */
interface Latency {
  way: Way;
  connections: number;
  who: 'last thread' | 'HTTP worker' | 'first Stratum miner' | 'last Stratum miner';
  tips: number;
  medianMs: number;
  p99Ms: number;
}

const log = (message: string): void => void process.stderr.write(`${message}\n`);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const { tips, json } = new Command('bench:tips')
  .description('Measures how soon everybody mines on a new tip.')
  .option('--tips <n>', 'tips for each measurement', wholeNumber(1, 1_000), 20)
  .option('--json', 'prints the results as JSON')
  .parse()
  .opts<{ tips: number; json?: boolean }>();

async function main(): Promise<void> {
  const results: Latency[] = [];
  for (const way of Object.keys(WAYS) as Way[]) results.push(...(await measure(way)));
  console.log(json ? JSON.stringify(results) : table(results));
}

async function measure(way: Way): Promise<Latency[]> {
  const core = await FakeCore.start();
  core.newTip({ bits: BITS });
  WAYS[way](core);
  const directory = mkdtempSync(path.join(os.tmpdir(), 'bench-tips-'));
  const begunFile = path.join(directory, 'begun');
  writeFileSync(begunFile, '');
  const node = await startNode(
    {
      MINING_THREADS: String(THREADS),
      WORK_SOURCE: 'bitcoin',
      BITCOIN_RPC_URL: core.url,
      PAYOUT_ADDRESS,
      BEGUN_FILE: begunFile,
    },
    'bench/tips/node.ts',
  );
  const worker = new WatchingWorker(node.url);
  const miners: WatchingMiner[] = [];
  try {
    await node.start(1);
    void worker.follow();
    const results: Latency[] = [];
    for (const connections of CONNECTIONS) {
      log(`${way}, Stratum connections: ${connections}`);
      while (miners.length < connections) {
        miners.push(await WatchingMiner.open(node.stratumPort, `bench-${miners.length}`));
      }
      const shown = await showTips(
        core,
        (prev) =>
          [worker, ...miners].every(({ heard }) => heard.has(prev)) &&
          (begunBy(begunFile).get(prev)?.length ?? 0) >= THREADS,
      );
      const threads = begunBy(begunFile);
      const on = (who: Latency['who'], heard: (prev: string) => bigint): Latency => {
        const latenciesMs = [...shown].map(([prev, atNs]) => Number(heard(prev) - atNs) / 1e6);
        const [medianMs, p99Ms] = [0.5, 0.99].map((p) => percentileOf(latenciesMs, p));
        return { way, connections, who, tips, medianMs: medianMs!, p99Ms: p99Ms! };
      };
      const byMiners = (prev: string): bigint[] =>
        sorted(miners.map(({ heard }) => heard.get(prev)!));
      results.push(
        on('last thread', (prev) => sorted(threads.get(prev)!).at(-1)!),
        on('HTTP worker', (prev) => worker.heard.get(prev)!),
        on('first Stratum miner', (prev) => byMiners(prev)[0]!),
        on('last Stratum miner', (prev) => byMiners(prev).at(-1)!),
      );
    }
    return results;
  } finally {
    worker.close();
    for (const miner of miners) miner.close();
    await node.dispose();
    await core.stop();
    rmSync(directory, { recursive: true });
  }
}

/** Shows tip after tip, each once all work on the one before. @returns when each was shown, by its hash in the order of a header */
async function showTips(core: FakeCore, isHeard: (prev: string) => boolean): Promise<Heard> {
  const shown: Heard = new Map();
  const { least, most } = PAUSE_MS;
  while (shown.size < tips) {
    await sleep(least + (most - least) * Math.random());
    const atNs = process.hrtime.bigint();
    const { hash } = core.newTip({ bits: BITS });
    const prev = Buffer.from(hash, 'hex').reverse().toString('hex');
    shown.set(prev, atNs);
    const lostAtMs = performance.now() + LOST_MS;
    while (!isHeard(prev)) {
      if (performance.now() > lostAtMs) throw new Error('not all heard of a tip');
      await sleep(5);
    }
  }
  return shown;
}

/** When each thread began on each block. */
function begunBy(file: string): Map<string, bigint[]> {
  const begun = new Map<string, bigint[]>();
  // Behind the last line break there may be a part of a line.
  for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
    const [prev, atNs] = line.split(' ') as [string, string];
    begun.set(prev, [...(begun.get(prev) ?? []), BigInt(atNs)]);
  }
  return begun;
}

function sorted(times: readonly bigint[]): bigint[] {
  return [...times].sort((a, b) => Number(a - b));
}

function table(results: readonly Latency[]): string {
  const rows = new Table({
    head: ['heard of by', 'connections', 'who', 'median ms', 'p99 ms'],
    colAligns: ['left', 'right', 'left', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { way, connections, who, medianMs, p99Ms } of results) {
    rows.push([way, connections, who, medianMs.toFixed(1), p99Ms.toFixed(1)]);
  }
  const cpus = os.cpus();
  return [
    `CPU   ${cpus[0]?.model.trim() ?? 'unknown'}, ${cpus.length} logical cores, load ${os.loadavg()[0]!.toFixed(1)}`,
    `Node  ${process.versions.node}, ${THREADS} mining threads, ${tips} tips a row`,
    rows.toString(),
  ].join('\n');
}

main().catch(fail);

function fail(error: unknown): void {
  log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
