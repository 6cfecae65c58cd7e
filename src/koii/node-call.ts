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

/** Failed tries since this process started, by what was asked. */
export const nodeCallFailures: ReadonlyMap<NodeMethod, number> = failures;

/** The node, or the SDK on its behalf, did not give a usable answer. */
export class NodeCallError extends Error {
  override readonly name = 'NodeCallError';
}

export interface RetryOptions {
  /** Tries in all. */
  attempts: number;
  /** Wait before the second try; doubled before each further one. */
  firstDelayMs: number;
  /** How long one try may take: the SDK itself waits for ever. */
  timeoutMs: number;
}

/** How long a try may take where nothing else is said. */
export const TRY_TIMEOUT_MS = 10_000;

const DEFAULTS: RetryOptions = { attempts: 5, firstDelayMs: 250, timeoutMs: TRY_TIMEOUT_MS };

/**
 * Asks the node through the SDK and checks the answer. Failed calls of the SDK resolve to
 * `{ error }`, null or a number as often as they throw, so `parse` decides what is an answer.
 * @param method names the call in errors
 * @param parse turns an answer into its value, or throws
 * @throws NodeCallError, with the last failure as its cause, when all tries failed.
 */
export async function callNode<T>(
  method: NodeMethod,
  call: () => Promise<unknown>,
  parse: (answer: unknown) => T,
  options: Partial<RetryOptions> = {},
): Promise<T> {
  const { attempts, firstDelayMs, timeoutMs } = { ...DEFAULTS, ...options };
  let cause: unknown;
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await sleep(firstDelayMs * 2 ** (attempt - 1));
    try {
      const answer = await withTimeout(call(), timeoutMs);
      // The SDK has just parsed it, which may have been long: a list of ten thousand is.
      await nextTurn();
      return parse(answer);
    } catch (error) {
      cause = error;
      failures.set(method, failures.get(method)! + 1);
    }
  }
  throw new NodeCallError(`the node did not answer ${method} in ${attempts} tries`, { cause });
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
