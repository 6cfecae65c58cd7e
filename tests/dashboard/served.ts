import type { AddressInfo } from 'node:net';
import { Router } from 'express';
import { createDashboard } from '../../src/dashboard/dashboard';
import type { AccountState } from '../../src/dashboard/earnings';
import { createApi } from '../../src/http/api';
import type { NetworkParts } from '../../src/http/routes/network';
import { ControlToken } from '../../src/http/control-token';
import { listen } from '../../src/http/server';
import { createNode, type MiningNode, type NodeOptions } from '../../src/node';
import { Webhooks } from '../../src/notices/webhooks';
import { createLog } from '../../src/process/log';
import type { RoundTimes } from '../../src/rounds/round-clock';
import type { Environment } from '../../src/settings/schema';
import { Settings } from '../../src/settings/settings';
import { MemoryStore } from '../fixtures/memory-store';
import { identity } from '../fixtures/template';

export const TOKEN = '0123456789abcdef0123456789abcdef';
const HOUR_MS = 3_600_000;

export interface Served {
  node: MiningNode;
  port: number;
  url: string;
  /** How many pages have a stream of events now. */
  streams(): number;
  close(): Promise<void>;
}

export interface ServeOptions {
  /** Localhost by default. */
  host?: string;
  /** Called when the owner asks for it. */
  restart?: () => void;
  /** The windows of rounds, as on a chain; left out for a node that runs alone. */
  roundTimes?: (round: number) => Promise<RoundTimes>;
  /** Further settings; its Stratum server listens once the test opens it. */
  env?: Environment;
  /** Its Bitcoin network, and the rules of its coinbases. */
  bitcoin?: Partial<Pick<NodeOptions, 'bitcoinNetwork' | 'rules'>>;
  /** What it knows of the rounds of others. */
  network?: NetworkParts;
  /** What the chain holds of its account. */
  account?: () => Promise<AccountState>;
}

/** The windows of any round, an hour each, the first of them from now on. */
export function hourlyFromNow(): (round: number) => Promise<RoundTimes> {
  const startsAt = Date.now();
  const [submissionEndsAt, auditEndsAt, endsAt] = [1, 2, 3].map(
    (hours) => startsAt + hours * HOUR_MS,
  ) as [number, number, number];
  return (round) => Promise.resolve({ round, startsAt, submissionEndsAt, auditEndsAt, endsAt });
}

/** A node in this process that doesn't mine yet, and its side port. */
export async function serveDashboard({
  host = '127.0.0.1',
  restart,
  roundTimes,
  env = {},
  bitcoin = {},
  network,
  account,
}: ServeOptions = {}): Promise<Served> {
  const log = createLog('silent');
  const settings = Settings.of({
    MINING_THREADS: '1',
    MINING_BACKEND: 'js',
    LOG_LEVEL: 'silent',
    ...env,
  });
  await settings.change({ MINING_INTENSITY: 10 });
  const chain = { submissions: () => Promise.resolve({}) };
  const store = new MemoryStore();
  const node = await createNode({
    settings,
    log,
    identity,
    store,
    chain,
    sdk: 'none',
    nodeCallFailures: new Map(),
    ...bitcoin,
  });
  const urls = (): string => settings.current.NOTIFY_URL;
  const webhooks = new Webhooks({ urls, self: identity.publicKey, log });
  const owners = { settings, token: new ControlToken(TOKEN), restart, webhooks };
  let streams = 0;
  const pages = Router();
  pages.get('/dashboard/events', (_request, response, next) => {
    streams++;
    response.once('close', () => streams--);
    next();
  });
  pages.use(
    createDashboard(node, owners, roundTimes, account),
    createApi(node, { requestsPerMinute: 0, owners, ...(network && { network }) }),
  );
  const at = { API_HOST: host, API_PORT: 0, API_ALLOWED_HOSTS: [] };
  const server = await listen(pages, at, log);
  const { port } = server!.address() as AddressInfo;
  return {
    node,
    port,
    url: `http://127.0.0.1:${port}`,
    streams: () => streams,
    async close() {
      server!.closeAllConnections();
      server!.close();
      await node.stratum.close();
      node.bitcoin.close();
      await node.miner.pause();
      node.governor.close();
      await node.engine.close();
    },
  };
}
