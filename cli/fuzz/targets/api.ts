import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePorts } from '../../../simulator';
import type { Random } from '../../../simulator/random';
import { createApi } from '../../../src/http/api';
import { ControlToken } from '../../../src/http/control-token';
import { listen } from '../../../src/http/server';
import { createNode, type MiningNode } from '../../../src/node';
import { createLog } from '../../../src/process/log';
import { Settings } from '../../../src/settings/settings';
import { MemoryStore } from '../../../tests/fixtures/memory-store';
import { vectors } from '../../../tests/fixtures/proofs';
import { identity, seed } from '../../../tests/fixtures/template';
import { mutateJson, mutateText } from '../mutate';
import { must, type FuzzTarget } from '../target';

const ROUND = 7;
const KEY = '11111111111111111111111111111112';
const SHARE = {
  hash: '00'.repeat(32),
  difficulty: 1,
  block_height: ROUND,
  worker_id: 'rig1',
  submission_id: 'rig1-1',
  extranonce2: '0000002a',
  nonce: '9b7cd1f3',
  version_bits: '00002000',
  time_offset: 5,
};
const PROOFS = vectors.map(({ proof }) => proof);
const SETTINGS = {
  MINING_THREADS: '2',
  MINING_INTENSITY: 50,
  MINING_SCHEDULE: '22:00-07:00',
  API_HOST: '127.0.0.1',
  LOG_LEVEL: null,
};
const TOKEN = new ControlToken('0'.repeat(32));
const PATHS = [
  `/task/${ROUND}`,
  `/submission/${ROUND}`,
  '/audit',
  '/settings',
  '/healthz',
  '/metrics',
  '/workers',
  '/',
];
const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'text/plain',
  'application/x',
];
/** Statuses that a client may get; 201 would accept a share that nobody mined. */
const STATUSES = new Set([200, 202, 304, 400, 404, 405, 409, 413, 415, 422, 503]);

const AS_OWNER = { authorization: `Bearer ${TOKEN.text}`, 'x-orca-control': '1' };

interface FuzzRequest {
  method: string;
  path: string;
  type: string;
  body: string;
}

let running: Promise<{ node: MiningNode; server: Server }> | undefined;

async function start(): Promise<{ node: MiningNode; server: Server }> {
  // The settings change its level.
  const log = createLog('silent', () => undefined);
  const settings = Settings.of({ MINING_BACKEND: 'js' });
  await settings.change({ MINING_THREADS: '1', MINING_INTENSITY: '1' });
  const node = await createNode({
    settings,
    log,
    identity,
    store: new MemoryStore(),
    sdk: 'none',
    nodeCallFailures: new Map(),
    chain: { submissions: () => Promise.resolve({}) },
  });
  await node.miner.begin(ROUND, seed, Infinity);
  const [port] = await freePorts(1);
  const address = { API_HOST: '127.0.0.1', API_PORT: port!, API_ALLOWED_HOSTS: [] };
  const server = (await listen(
    createApi(node, {
      requestsPerMinute: 0,
      owners: { settings, token: TOKEN, restart: undefined },
    }),
    address,
    log,
  ))!;
  return { node, server };
}

function oddPath(random: Random, path: string): string {
  const text = Buffer.from(mutateText(random, path.slice(1)), 'utf8').toString('latin1');
  return `/${encodeURI(text).replaceAll('%25', '%')}`;
}

/** The HTTP API: its side port is open to whoever the operator lets in, and part of it to the world. */
export const api: FuzzTarget = {
  name: 'api',
  cost: 1000,

  generate(random: Random): string {
    const isOwners = random.chance(0.2);
    const submission = { proof: random.pick(PROOFS), round_number: ROUND, submitter: KEY };
    const body = isOwners ? SETTINGS : random.chance(0.7) ? SHARE : { submission };
    const text = JSON.stringify(random.chance(0.9) ? mutateJson(random, body) : body) ?? '';
    const usual = isOwners ? ['/settings'] : [`/submission/${ROUND}`, '/audit'];
    const path = random.pick(random.chance(0.7) ? usual : PATHS);
    const usualMethod = isOwners ? 'PUT' : 'POST';
    const request: FuzzRequest = {
      method: random.chance(0.8) ? usualMethod : random.pick(['GET', 'PUT', 'DELETE', 'PATCH']),
      path: random.chance(0.1) ? oddPath(random, path) : path,
      type: random.chance(0.9) ? TYPES[0]! : random.pick(TYPES),
      body: random.chance(0.1) ? mutateText(random, text) : text,
    };
    return JSON.stringify(request);
  },

  async check(input: string): Promise<void> {
    const { method, path, type, body } = JSON.parse(input) as FuzzRequest;
    const { server } = await (running ??= start());
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { 'content-type': type, ...AS_OWNER },
      redirect: 'manual',
      ...(method !== 'GET' && { body }),
    });
    const text = await response.text();
    must(STATUSES.has(response.status), `status ${response.status}: ${text.slice(0, 200)}`);
    if (response.status < 400) return;
    const answer = JSON.parse(text) as Record<string, unknown>;
    must(typeof answer['message'] === 'string', `no message: ${text.slice(0, 200)}`);
    must(!text.includes('    at '), 'a stack trace is told');
  },

  async close(): Promise<void> {
    if (!running) return;
    const { node, server } = await running;
    running = undefined;
    server.closeAllConnections();
    server.close();
    await node.miner.pause();
    await node.engine.close();
  },
};
