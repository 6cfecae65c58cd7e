import { randomBytes } from 'node:crypto';
import http from 'node:http';
import os from 'node:os';
import Table from 'cli-table3';
import { Command } from 'commander';
import { wholeNumber } from '../cli/option-types';
import { NodeApi } from '../cli/worker/node-api';
import { mineShares, submitShares, type Measured } from './http-shares';
import { startNode } from './standalone-node';

// Measures how many shares a second a node takes over HTTP while one of its threads mines. The node runs standalone in
// its own process; this one sends the requests over connections that stay open.

const ROUND = 1;
const WORKER = 'bench';

interface Options {
  shares: number;
  connections: number;
}

const log = (message: string): void => void process.stderr.write(`${message}\n`);

const { shares: count, connections } = new Command('bench:api')
  .description('Measures how many shares a second a node takes over HTTP while it mines.')
  .option(
    '--shares <n>',
    'real shares to mine first; the other kinds are as many',
    wholeNumber(1, 1_000_000),
    500,
  )
  .option('--connections <n>', 'requests in flight at a time', wholeNumber(1, 1000), 16)
  .parse()
  .opts<Options>();

async function main(): Promise<void> {
  const node = await startNode({ MINING_THREADS: '1' });
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  try {
    const { url } = node;
    await node.start(ROUND);
    const work = await new NodeApi(url, WORKER).work(new AbortController().signal);

    log(`mining ${count} shares for the node`);
    const valid = await mineShares(work!, WORKER, count);
    const invalid = valid.map((share) => ({
      ...share,
      submission_id: `invalid-${share.submission_id}`,
      hash: randomBytes(32).toString('hex'),
    }));
    const duplicate = valid.map((share) => ({
      ...share,
      submission_id: `duplicate-${share.submission_id}`,
    }));
    const to = { agent, connections, url: `${url}/submission/${ROUND}` };
    // The first calls make the code of both processes fast.
    await submitShares(to, 'warm-up', invalid.slice(0, 100), 422);
    report([
      await submitShares(to, 'valid', valid, 201),
      await submitShares(to, 'invalid', invalid, 422),
      await submitShares(to, 'duplicate', duplicate, 409),
    ]);
  } finally {
    agent.destroy();
    await node.dispose();
  }
}

function report(results: Measured[]): void {
  const table = new Table({
    head: ['shares', 'count', 'per second', 'p50 ms', 'p99 ms'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { kind, count: done, perSecond, p50Ms, p99Ms } of results) {
    table.push([kind, done, perSecond.toFixed(0), p50Ms.toFixed(1), p99Ms.toFixed(1)]);
  }
  const cpus = os.cpus();
  console.log(`CPU   ${cpus[0]?.model.trim() ?? 'unknown'}, ${cpus.length} logical cores`);
  console.log(
    `Node  ${process.versions.node}, ${connections} requests in flight, one thread mines`,
  );
  console.log(table.toString());
}

main().catch((error: unknown) => {
  log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
