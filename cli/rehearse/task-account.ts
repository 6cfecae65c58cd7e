// What the chain says of the sandbox task: which bundle is its own, and what is staked.

const TIMEOUT_MS = 20_000;
const STAKE_TIMEOUT_MS = 5_000;
/** Of an account; a task with thousands of submitters has some MB. */
const MAX_ANSWER_BYTES = 64 * 2 ** 20;

/**
 * The data of a task's account, by Solana's JSON-RPC, which K2 speaks.
 * @param timeoutMs the longest that it takes
 * @throws Error if it can't be had
 */
export async function accountData(
  rpcUrl: string,
  taskId: string,
  timeoutMs = TIMEOUT_MS,
): Promise<Buffer> {
  const response = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'getAccountInfo',
      params: [taskId, { encoding: 'base64' }],
    }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!response.ok) throw new Error(`it answers ${response.status}`);
  const { result } = JSON.parse(await textOf(response)) as {
    result?: { value?: { data?: unknown } | null };
  };
  const [data] = Array.isArray(result?.value?.data) ? (result.value.data as unknown[]) : [];
  if (typeof data !== 'string') throw new Error('it knows no such account');
  return Buffer.from(data, 'base64');
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('its answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Which of the node's bundles is the task's: the one whose CID is in its account. The account is JSON or binary,
 * depending on the task's age, and has the CID as text in either.
 */
export function programIn(data: Buffer, programs: readonly string[]): string | undefined {
  const found = programs.filter((program) => data.includes(program));
  return found.length === 1 ? found[0] : undefined;
}

/** The task's least stake in ROE, where it is only told of; undefined if it can't be had within a few seconds. */
export async function askMinimumStake(
  rpcUrl: string,
  taskId: string,
  timeoutMs = STAKE_TIMEOUT_MS,
): Promise<bigint | undefined> {
  const data = await accountData(rpcUrl, taskId, timeoutMs).catch(() => undefined);
  return data && minimumStakeIn(data);
}

/** The least stake of an account that is JSON, in ROE; undefined if that can't be read. */
export function minimumStakeIn(data: Buffer): bigint | undefined {
  const [, roe] = /"minimum_stake_amount"\s*:\s*(\d{1,18})\b/.exec(data.toString('latin1')) ?? [];
  return roe === undefined ? undefined : BigInt(roe);
}
