import { setTimeout as sleep } from 'node:timers/promises';

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

const DEFAULTS: RetryOptions = { attempts: 5, firstDelayMs: 250, timeoutMs: 10_000 };

/**
 * Asks the node through the SDK and checks the answer. Failed calls of the SDK resolve to
 * `{ error }`, null or a number as often as they throw, so `parse` decides what is an answer.
 * @param method names the call in errors
 * @param parse turns an answer into its value, or throws
 * @throws NodeCallError, with the last failure as its cause, when all tries failed.
 */
export async function callNode<T>(
  method: string,
  call: () => Promise<unknown>,
  parse: (answer: unknown) => T,
  options: Partial<RetryOptions> = {},
): Promise<T> {
  const { attempts, firstDelayMs, timeoutMs } = { ...DEFAULTS, ...options };
  let cause: unknown;
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await sleep(firstDelayMs * 2 ** (attempt - 1));
    try {
      return parse(await withTimeout(call(), timeoutMs));
    } catch (error) {
      cause = error;
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
