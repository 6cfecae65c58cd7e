import { Agent, request } from 'node:http';

const TIMEOUT_MS = 10_000;

export interface Question {
  readonly port: number;
  readonly path: string;
  /** The address it comes from; by default the system's choice. */
  readonly from?: string;
  /** Sent by POST, if there is one. */
  readonly json?: unknown;
  /** Whether the beginning of an answer is enough, as for a stream. */
  readonly firstBytes?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * Asks a node on a new connection: an open one would not notice when new ones are refused.
 * @throws when there is no answer
 */
export function ask({ port, path, from, json, firstBytes }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = json === undefined ? {} : { 'content-type': 'application/json' };
    const method = json === undefined ? 'GET' : 'POST';
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        headers,
        agent: new Agent(),
        ...(from !== undefined && { localAddress: from }),
      },
      (response) => {
        let body = '';
        const end = (): void => resolve({ status: response.statusCode!, body });
        response
          .setEncoding('utf8')
          .on('data', (text: string) => {
            body += text;
            if (!firstBytes) return;
            end();
            asked.destroy();
          })
          .on('end', end)
          .on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.setTimeout(TIMEOUT_MS, () => asked.destroy(new Error('no answer')));
    asked.end(json === undefined ? undefined : JSON.stringify(json));
  });
}
