import './stratum/eased-floor';
import http from 'node:http';
import os from 'node:os';
import Table from 'cli-table3';
import { Command } from 'commander';
import { seconds as secondsOf } from '../cli/option-types';
import { NodeApi } from '../cli/worker/node-api';
import { K, WORK_SOURCE } from '../src/consensus';
import { decodeProof } from '../src/proof/codec';
import { shareOf, type Share } from '../src/proof/shares';
import { mineShares, submitShares } from './http-shares';
import { startNode, type StandaloneNode } from './standalone-node';
import { compareKept, type Kept } from './stratum/kept-shares';
import { flood, findShares, floodSize, openConnections, pace, type Measured } from './stratum/load';
import type { LoadConnection } from './stratum/load-connection';

// Measures how many shares a second a node takes over Stratum, and what connections cost it. The node runs standalone in
// its own process, this one is the load, and together they have what processors there are. One hash in 64 is a share.

const NODE = 'bench/stratum/eased-node.ts';
/** Submits that wait for their answers, of all connections together. */
const IN_FLIGHT = 160;
const FEW = 10;
const MANY = 1_000;
const MINERS = { count: 200, everyMs: 2_000, warmUpSeconds: 3 };
/** Shares are found beforehand, for rates up to this. */
const MOST_A_SECOND = 30_000;
const HTTP_A_SECOND = 500;
/** The threads have a proof by then, which hardly any share of the load can enter. */
const SETTLE_MS = 3_000;
const WARM_UP_SECONDS = 1;
/** The node is killed after so many shares of a round were acknowledged. */
const KILLS = [100, 1_000, 10_000];
const KILLED_WITHIN_SECONDS = 20;

interface Results {
  stratumAt10: Measured;
  stratumAt1000: Measured;
  http: Measured;
  miners: Measured & { cpuPercent: number };
  /** MiB of the node's process. */
  memory: { at0: number; at10: number; at1000: number };
  kills: Kept[];
}

const log = (message: string): void => void process.stderr.write(`${message}\n`);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const { seconds, json } = new Command('bench:stratum')
  .description('Measures how many shares a second a node takes over Stratum.')
  .option('--seconds <s>', 'time for each measurement', secondsOf, 3)
  .option('--json', 'prints the results as JSON')
  .parse()
  .opts<{ seconds: number; json?: boolean }>();

async function main(): Promise<void> {
  const results: Results = { ...(await atRest()), ...(await whileMining()) };
  console.log(json ? JSON.stringify(results) : tables(results));
  const lost = results.kills.filter(({ belonging, found }) => found < belonging);
  if (lost.length === 0) return;
  log('a share that was acknowledged and belongs in the proof is missing there');
  process.exitCode = 1;
}

/** What connections cost, and what a kill costs, while the node's own threads rest. */
async function atRest(): Promise<Pick<Results, 'memory' | 'miners' | 'kills'>> {
  return withNode({ MINING_SCHEDULE: anotherHour() }, async (node) => {
    let round = 1;
    await node.start(round);
    const mebibytes = async (): Promise<number> =>
      (await node.metric('process_resident_memory_bytes')) / 2 ** 20;
    log('connecting');
    const at0 = await mebibytes();
    const few = await openConnections(node.stratumPort, FEW);
    const at10 = await mebibytes();
    const more = await openConnections(node.stratumPort, MANY - FEW);
    const memory = { at0, at10, at1000: await mebibytes() };
    closeAll([...few, ...more]);

    const connections = await openConnections(node.stratumPort, MINERS.count);
    const { everyMs, count, warmUpSeconds } = MINERS;
    const time = seconds + warmUpSeconds;
    findShares(connections, Math.ceil((1000 * time * count) / everyMs) + count);
    log(`${count} miners`);
    await pace(connections, { everyMs, seconds: warmUpSeconds });
    const before = await node.metric('process_cpu_seconds_total');
    const startedAt = performance.now();
    const paced = await pace(connections, { everyMs, seconds });
    const cpuSeconds = (await node.metric('process_cpu_seconds_total')) - before;
    const miners = {
      ...paced,
      cpuPercent: (100_000 * cpuSeconds) / (performance.now() - startedAt),
    };
    closeAll(connections);

    const kills: Kept[] = [];
    for (const after of KILLS) kills.push(await killed(node, { round: ++round, after }));
    return { memory, miners, kills };
  });
}

/** Kills a node amid a flood at the beginning of a round, when most shares enter the proof, and reads its proof then. */
async function killed(
  node: StandaloneNode,
  { round, after }: { round: number; after: number },
): Promise<Kept> {
  await node.start(round);
  const connections = await openConnections(node.stratumPort, FEW);
  findShares(connections, 2 * after);
  log(`flooding, and killing the node after ${after} shares`);
  const flooding = flood(connections, { inFlight: IN_FLIGHT, seconds: KILLED_WITHIN_SECONDS });
  const acknowledgedOf = (): number =>
    connections.reduce((sum, each) => sum + each.acknowledged, 0);
  while (acknowledgedOf() < after) await sleep(1);
  await node.kill();
  await flooding;
  const acknowledged = connections.flatMap(({ shares, acknowledged: count, template }) =>
    shares.slice(0, count).map((attempt) => shareOf(template, attempt)),
  );
  await node.restart();
  const proof = await proofOf(node, round, connections[0]!);
  return compareKept(acknowledged, proof, K[WORK_SOURCE.koii]);
}

/** The shares of a node's proof, on the template that a connection had. */
async function proofOf(
  { url }: StandaloneNode,
  round: number,
  { template }: LoadConnection,
): Promise<Share[]> {
  const answer = await fetch(`${url}/submission/${round}`);
  if (!answer.ok) return [];
  const decoded = decodeProof(((await answer.json()) as { proof: string }).proof);
  if ('reason' in decoded) throw new Error(`the proof is invalid: ${decoded.reason}`);
  return decoded.proof.attempts.flat().map((attempt) => shareOf(template, attempt));
}

/** What two mining threads leave for shares. */
async function whileMining(): Promise<Pick<Results, 'stratumAt10' | 'stratumAt1000' | 'http'>> {
  return withNode({ MINING_THREADS: '2' }, async (node) => {
    const round = 1;
    await node.start(round);
    await sleep(SETTLE_MS);
    const flooded = async (count: number): Promise<Measured> => {
      log(`${count} connections`);
      const connections = await openConnections(node.stratumPort, count);
      const time = seconds + WARM_UP_SECONDS;
      findShares(connections, floodSize(count, time, MOST_A_SECOND));
      await flood(connections, { inFlight: IN_FLIGHT, seconds: WARM_UP_SECONDS });
      const measured = await flood(connections, { inFlight: IN_FLIGHT, seconds });
      closeAll(connections);
      return measured;
    };
    const stratumAt10 = await flooded(FEW);
    const stratumAt1000 = await flooded(MANY);
    return { stratumAt10, stratumAt1000, http: await overHttp(node, round) };
  });
}

async function overHttp({ url }: StandaloneNode, round: number): Promise<Measured> {
  log('HTTP');
  const id = 'bench-http';
  const work = await new NodeApi(url, id).work(new AbortController().signal);
  const shares = await mineShares(work!, id, Math.ceil(HTTP_A_SECOND * seconds));
  const agent = new http.Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  const to = { agent, connections: IN_FLIGHT, url: `${url}/submission/${round}` };
  const { count, perSecond, p50Ms, p99Ms } = await submitShares(to, 'valid', shares, 201);
  agent.destroy();
  return { submits: count, perSecond, p50Ms, p99Ms };
}

async function withNode<T>(
  variables: Record<string, string>,
  use: (node: StandaloneNode) => Promise<T>,
): Promise<T> {
  const node = await startNode(variables, NODE);
  try {
    return await use(node);
  } finally {
    await node.dispose();
  }
}

function closeAll(connections: readonly LoadConnection[]): void {
  for (const connection of connections) connection.close();
}

/** A minute that is half a day away. */
function anotherHour(): string {
  const hour = String((new Date().getUTCHours() + 12) % 24).padStart(2, '0');
  return `${hour}:00-${hour}:01 UTC`;
}

function tables({ stratumAt10, stratumAt1000, http, miners, memory, kills }: Results): string {
  const table = new Table({
    head: ['shares', 'count', 'per second', 'p50 ms', 'p99 ms'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const add = (what: string, { submits, perSecond, p50Ms, p99Ms }: Measured): void =>
    void table.push([what, submits, perSecond.toFixed(0), p50Ms.toFixed(1), p99Ms.toFixed(1)]);
  add(`${FEW} connections`, stratumAt10);
  add(`${MANY} connections`, stratumAt1000);
  add('HTTP, all stored first', http);
  add(`${MINERS.count} miners, a share per ${MINERS.everyMs / 1000} s`, miners);
  const cpus = os.cpus();
  const eachKb = (1024 * (memory.at1000 - memory.at10)) / (MANY - FEW);
  const megabytes = [memory.at0, memory.at10, memory.at1000].map((size) => size.toFixed(0));
  return [
    `CPU   ${cpus[0]?.model.trim() ?? 'unknown'}, ${cpus.length} logical cores`,
    `Node  ${process.versions.node}, ${IN_FLIGHT} submits in flight, two threads mine, except beside the last row`,
    table.toString(),
    `${MINERS.count} such miners take ${miners.cpuPercent.toFixed(1)} % of a core`,
    `0, ${FEW} and ${MANY} connections: ${megabytes.join(', ')} MiB, ${eachKb.toFixed(0)} KiB each`,
    ...kills.map(
      ({ acknowledged, belonging, found }) =>
        `killed: ${acknowledged} shares acknowledged, ${belonging} of them belong in the proof, ${found} are in it`,
    ),
  ].join('\n');
}

main().catch((error: unknown) => {
  log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
