import { request } from 'node:http';

const DEFAULT_TIMEOUT_MS = 60_000;

export interface NodeEndpoint {
  port: number;
  taskId: string;
  secret: string;
  timeoutMs?: number;
}

/** Calls a method of the node's namespace. Resolves to its answer, or to `{ error }`; never rejects. */
export type CallNode = (method: string, ...args: unknown[]) => Promise<unknown>;

/** The node's POST /namespace-wrapper on this machine. */
export function nodeClient(endpoint: NodeEndpoint): CallNode {
  const { port, taskId, secret, timeoutMs = DEFAULT_TIMEOUT_MS } = endpoint;
  return async (...args) => {
    try {
      const { status, body } = await post(
        port,
        JSON.stringify({ args, taskId, secret }),
        timeoutMs,
      );
      if (status !== 200) throw new Error(`status ${status}: ${body}`);
      return (JSON.parse(body) as { response?: unknown }).response;
    } catch (error) {
      console.error(`Koii SDK stand-in: ${args[0]}:`, (error as Error).message);
      return { error };
    }
  };
}

function post(
  port: number,
  payload: string,
  timeoutMs: number,
): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: 'localhost',
        port,
        path: '/namespace-wrapper',
        method: 'POST',
        // The node may close a kept-alive socket at the moment it is reused.
        agent: false,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(payload),
        },
        timeout: timeoutMs,
      },
      (incoming) => {
        let body = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => (body += chunk));
        incoming.on('end', () => resolve({ status: incoming.statusCode, body }));
        incoming.on('error', reject);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}
