import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadConfig } from '../../src/config';
import { createDashboard } from '../../src/dashboard/dashboard';
import { listen } from '../../src/http/listen';
import { createLog } from '../../src/log';
import { createNode, type MiningNode } from '../../src/node';
import { MemoryStore } from '../fixtures/memory-store';
import { identity } from '../fixtures/template';

export interface Served {
  node: MiningNode;
  port: number;
  url: string;
  close(): Promise<void>;
}

/** A node in this process that mines nothing yet, and its dashboard alone. */
export async function serveDashboard(store = new MemoryStore()): Promise<Served> {
  const log = createLog('silent');
  const config = loadConfig({ MINING_THREADS: '1', MINING_BACKEND: 'js', MINING_INTENSITY: '10' });
  const chain = { submissions: () => Promise.resolve({}) };
  const node = await createNode({ config, log, identity, store, chain, sdk: 'none' });
  const server = await listen(createDashboard(node), { API_HOST: '127.0.0.1', API_PORT: 0 }, log);
  const { port } = server!.address() as AddressInfo;
  return {
    ...{ node, port, url: `http://127.0.0.1:${port}` },
    async close() {
      server!.closeAllConnections();
      server!.close();
      await node.miner.pause();
      node.governor.close();
      await node.engine.close();
    },
  };
}

/** A request with whatever headers; fetch won't send all of them. */
export async function send(
  port: number,
  options: { method?: string; path: string; headers?: http.OutgoingHttpHeaders; body?: string },
): Promise<{ status: number; headers: http.IncomingHttpHeaders; text: string }> {
  const { body, ...rest } = options;
  const request = http.request({ host: '127.0.0.1', port, ...rest }).end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response.statusCode!, headers: response.headers, text };
}
