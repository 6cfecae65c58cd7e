/**
 * Calls a method of this process's own node by a plain POST, even one of the operator's changed software that the SDK
 * doesn't know.
 * @throws Error with the node's message when it refuses
 */
export async function callOwnNode(method: string, ...args: unknown[]): Promise<unknown> {
  // Where the node puts them (simulator/simulated-node.ts).
  const [taskId, secret, port] = [process.argv[3], process.argv[7], process.argv[11]];
  const response = await fetch(`http://localhost:${port}/namespace-wrapper`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ args: [method, ...args], taskId, secret }),
  });
  const answer = (await response.json()) as { response?: unknown; message?: string };
  if (!response.ok) throw new Error(`${method}: ${answer.message}`);
  return answer.response;
}
