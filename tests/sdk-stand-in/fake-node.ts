import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Keypair } from '../../sdk-stand-in/namespace-wrapper/keypair';
import { nodeClient } from '../../sdk-stand-in/namespace-wrapper/node-client';
import { NodeWrapper } from '../../sdk-stand-in/namespace-wrapper/node-wrapper';
import { WALLET } from './wallet';

export const TASK_ID = '11111111111111111111111111111111';
export const SECRET = 'secret of the test';

type Answers = Record<string, (...args: unknown[]) => unknown>;

export interface FakeNode {
  port: number;
  /** Every call with the right secret: method, then arguments, as parsed from JSON. */
  calls: unknown[][];
  /** The node's methods; a test replaces those it needs. One that throws is answered with 422. */
  answers: Answers;
  keypair: Keypair;
  /** The node as the stand-in sees it. */
  wrapper: NodeWrapper;
  /** The calls of one method, without its name. */
  callsOf(method: string): unknown[][];
  close(): Promise<void>;
}

/** The node's side of POST /namespace-wrapper, on loopback. */
export async function openFakeNode(): Promise<FakeNode> {
  const calls: unknown[][] = [];
  const keypair = WALLET;
  const answers: Answers = {
    defaultTaskSetup: () => undefined,
    getSubmitterAccount: () => ({ _keypair: { secretKey: { ...keypair.secretKey } } }),
  };
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const body = JSON.parse(text) as { args: string[]; taskId: string; secret: string };
      if (request.url !== '/namespace-wrapper' || body.taskId !== TASK_ID) return answer(404, {});
      if (body.secret !== SECRET) return answer(401, { message: 'Invalid secret provided' });
      calls.push(body.args);
      const [method, ...args] = body.args;
      try {
        const handler = answers[method!];
        if (!handler) throw new Error(`no method ${method}`);
        return answer(200, { response: handler(...args) });
      } catch (error) {
        return answer(422, { message: (error as Error).message });
      }
    });
  });
  // The client connects to localhost, so this is the address it will find.
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    calls,
    answers,
    keypair,
    wrapper: new NodeWrapper(nodeClient({ port, taskId: TASK_ID, secret: SECRET }), 'main account'),
    callsOf: (method) => calls.filter(([name]) => name === method).map(([, ...args]) => args),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
