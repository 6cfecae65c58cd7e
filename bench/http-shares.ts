import { once } from 'node:events';
import http from 'node:http';
import type { Work } from '../cli/worker/node-api';
import { shareBody, type ShareBody } from '../cli/worker/share-body';
import { Engine } from '../src/mining/engine';
import { percentileOf } from './statistics';

export interface Measured {
  kind: string;
  count: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** Where shares go. */
export interface Submission {
  /** With connections that stay open. */
  agent: http.Agent;
  /** Requests in flight at a time. */
  connections: number;
  /** Of /submission, with the round. */
  url: string;
}

/** Mines shares at the floor, which is what a new worker is asked for. */
export async function mineShares(
  work: Work,
  workerId: string,
  wanted: number,
): Promise<ShareBody[]> {
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
          const ids = { worker_id: workerId, submission_id: String(found.length) };
          found.push({ ...shareBody(template, attempt, ids), job_id: jobId });
        }
        if (found.length >= wanted) resolve();
      },
    });
  });
  await engine.close();
  return found.slice(0, wanted);
}

/** Submits shares and measures how long the answers take. @throws Error for any other status than expected */
export async function submitShares(
  { agent, connections, url }: Submission,
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
        const status = await post(agent, url, body);
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

async function post(agent: http.Agent, url: string, body: string): Promise<number> {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  const request = http.request(url, { agent, headers, method: 'POST' });
  request.end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode!;
}
