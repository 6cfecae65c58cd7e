import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import os from 'node:os';
import Table from 'cli-table3';
import { Command } from 'commander';
import { wholeNumber } from '../cli/option-types';
import { NodeApi, type Work } from '../cli/worker/node-api';
import { shareBody, type ShareBody } from '../cli/worker/share-body';
import { Engine } from '../src/mining/engine';
import { startNode } from './standalone-node';
import { percentileOf } from './statistics';

// Measures how many shares a second a node takes over HTTP while one of its threads mines. The node runs standalone in
// its own process; this one sends the requests over connections that stay open.

const ROUND = 1;
const WORKER = 'bench';

interface Options {
  shares: number;
  connections: number;
}

interface Measured {
  kind: string;
  count: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
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
    const port = Number(new URL(url).port);
    await node.start(ROUND);
    const work = await new NodeApi(url, WORKER).work(new AbortController().signal);

    log(`mining ${count} shares for the node`);
    const valid = await mine(work!, count);
    const invalid = valid.map((share) => ({
      ...share,
      submission_id: `invalid-${share.submission_id}`,
      hash: randomBytes(32).toString('hex'),
    }));
    const duplicate = valid.map((share) => ({
      ...share,
      submission_id: `duplicate-${share.submission_id}`,
    }));
    // The first calls make the code of both processes fast.
    await submitAll(agent, port, 'warm-up', invalid.slice(0, 100), 422);
    report([
      await submitAll(agent, port, 'valid', valid, 201),
      await submitAll(agent, port, 'invalid', invalid, 422),
      await submitAll(agent, port, 'duplicate', duplicate, 409),
    ]);
  } finally {
    agent.destroy();
    await node.dispose();
  }
}

/** Mines shares at the floor, which is what a new worker is asked for. */
async function mine(work: Work, wanted: number): Promise<ShareBody[]> {
  const engine = new Engine({ threads: 1, backend: 'auto', log: () => undefined });
  const found: ShareBody[] = [];
  const { template, extranonce1: prefix, target, jobId } = work;
  await new Promise<void>((resolve) => {
    engine.search({
      template,
      prefix,
      extranonce2: 0,
      target,
      onHashes: () => undefined,
      onFound: (attempts) => {
        for (const attempt of attempts) {
          const ids = { worker_id: WORKER, submission_id: String(found.length) };
          found.push({ ...shareBody(template, attempt, ids), job_id: jobId });
        }
        if (found.length >= wanted) resolve();
      },
    });
  });
  await engine.close();
  return found.slice(0, wanted);
}

async function submitAll(
  agent: http.Agent,
  port: number,
  kind: string,
  shares: ShareBody[],
  expected: number,
): Promise<Measured> {
  const latenciesMs: number[] = [];
  const waiting = shares.map((share) => JSON.stringify(share));
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (let body = waiting.pop(); body !== undefined; body = waiting.pop()) {
        const sentAt = performance.now();
        const status = await post(agent, port, body);
        latenciesMs.push(performance.now() - sentAt);
        if (status !== expected) throw new Error(`${kind}: expected ${expected}, got ${status}`);
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    kind,
    count: shares.length,
    perSecond: shares.length / seconds,
    p50Ms: percentileOf(latenciesMs, 0.5),
    p99Ms: percentileOf(latenciesMs, 0.99),
  };
}

async function post(agent: http.Agent, port: number, body: string): Promise<number> {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  const options = { agent, port, host: '127.0.0.1', path: `/submission/${ROUND}`, headers };
  const request = http.request({ ...options, method: 'POST' });
  request.end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode!;
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
