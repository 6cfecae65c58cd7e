import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** What is asked of the node; the names are the node's own. */
export const NODE_METHODS = [
  'getRound',
  'getTaskState',
  'getCurrentSlot',
  'getAverageSlotTime',
  'getTaskSubmissionInfo',
  'getTaskDistributionInfo',
  'getDistributionList',
  'getSubmitterAccount',
  'getTaskLevelDBPath',
  'uploadDistributionList',
  'distributionListSubmissionOnChain',
  'distributionListAuditSubmission',
  'payloadTrigger',
  'logger',
] as const;
export type NodeMethod = (typeof NODE_METHODS)[number];

const failures = new Map<NodeMethod, number>(NODE_METHODS.map((method) => [method, 0]));

/** Failed calls since this process started, by what was asked. */
export const nodeCallFailures: ReadonlyMap<NodeMethod, number> = failures;

/** The node, or the SDK on its behalf, did not give a usable answer. */
export class NodeCallError extends Error {
  override readonly name = 'NodeCallError';
}

/** How long a call may take where nothing else is said: the SDK itself waits for ever. */
export const TRY_TIMEOUT_MS = 10_000;

/**
 * Asks the node once, through the SDK, and checks the answer. Failed calls of the SDK resolve to
 * `{ error }`, null or a number as often as they throw, so `parse` decides what is an answer.
 * Whoever can wait tries again, with koii/patience.ts alone.
 * @param method names the call in errors
 * @param parse turns an answer into its value, or throws
 * @throws NodeCallError, with the failure as its cause
 */
export async function callNode<T>(
  method: NodeMethod,
  call: () => Promise<unknown>,
  parse: (answer: unknown) => T,
  timeoutMs = TRY_TIMEOUT_MS,
): Promise<T> {
  try {
    const answer = await withTimeout(call(), timeoutMs);
    // The SDK has just parsed it, which may have been long: a list of ten thousand is.
    await nextTurn();
    return parse(answer);
  } catch (cause) {
    failures.set(method, failures.get(method)! + 1);
    throw new NodeCallError(`the node did not answer ${method}`, { cause });
  }
}

async function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  const abort = new AbortController();
  const timeout = sleep(timeoutMs, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`no answer within ${timeoutMs} ms`);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    abort.abort();
    timeout.catch(() => undefined);
  }
}
