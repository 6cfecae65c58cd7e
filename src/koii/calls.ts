import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { NotYetError } from '../audit/seeds';
import { monotonicClock, type Clock } from '../process/clock';
import { LastingTrouble, type Log, type TroubleWords } from '../process/log';

// How the node is asked, through the SDK: a call is one try, those who ask the same share it, and patience tries again.

/** What is asked of the node; the names are the node's own. */
const NODE_METHODS = [
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
 * Whoever can wait tries again, with Patience alone.
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

/**
 * Makes one call of those that ask the same at the same time: whoever asks while an answer is on its way gets that
 * one, which nobody may change therefore.
 * @param ask its arguments must be plain data, and tell apart what is asked
 * @param sharedForMs an answer that takes longer is waited for by those who did so before, and asked for anew
 */
export function shareInFlight<A extends readonly unknown[], T>(
  ask: (...args: A) => Promise<T>,
  sharedForMs: number,
  now: () => number = () => performance.now(),
): (...args: A) => Promise<T> {
  const inFlight = new Map<string, { answer: Promise<T>; until: number }>();
  return (...args) => {
    const key = JSON.stringify(args);
    const shared = inFlight.get(key);
    if (shared && now() < shared.until) return shared.answer;
    const asked = { answer: ask(...args), until: now() + sharedForMs };
    inFlight.set(key, asked);
    const forget = (): void => {
      if (inFlight.get(key) === asked) inFlight.delete(key);
    };
    asked.answer.then(forget, forget);
    return asked.answer;
  };
}

/** Everybody waits so long after a failure; twice as long after each further one, up to a limit. */
export const FIRST_WAIT_MS = 250;
export const LONGEST_WAIT_MS = 30_000;

/** The SDK asks for a submission or a vote only once: so long it is worth to try. */
export const LONG_MS = 120_000;
/** What a single failed call must not spoil, and nobody can wait for longer. */
export const SHORT_MS = 5000;

export interface Limits {
  /** Ends the waiting at once. */
  signal?: AbortSignal;
  /** How long to wait at most; one more try is made then. For ever when left out. */
  forMs?: number;
}

/**
 * Tries again what failed for a time: where the node did not answer, and where the chain has yet to get there. The only
 * retry there is. All that wait share their pace, so that what they ask is asked once.
 */
export class Patience {
  private readonly clock: Clock;
  private readonly node: Pace;
  private readonly chain: Pace;

  constructor({ log, clock = monotonicClock }: { log: Log; clock?: Clock }) {
    this.clock = clock;
    const pace = (words: TroubleWords): Pace =>
      new Pace(clock, new LastingTrouble(log, words, () => clock.now()));
    this.node = pace({ lasting: 'the node still does not answer', over: 'the node answers again' });
    this.chain = pace({ lasting: 'the chain is still not there', over: 'the chain is there now' });
  }

  /**
   * What an attempt comes to, as soon as one succeeds.
   * @param what is tried, for the log
   * @throws what the last attempt threw; at once where that is neither NodeCallError nor NotYetError; the signal's
   *   reason where that ended the waiting
   */
  readonly patiently = async <T>(
    what: string,
    attempt: () => Promise<T>,
    { signal, forMs = Infinity }: Limits = {},
  ): Promise<T> => {
    const untilMs = this.clock.now() + forMs;
    for (let isChainAwaited = false; ;) {
      signal?.throwIfAborted();
      try {
        const value = await attempt();
        this.node.over();
        if (isChainAwaited) this.chain.over();
        return value;
      } catch (error) {
        const pace = this.failed(what, error);
        if (!pace || this.clock.now() >= untilMs) throw error;
        isChainAwaited ||= pace === this.chain;
        await pace.pause(untilMs, signal);
      }
    }
  };

  private failed(what: string, error: unknown): Pace | undefined {
    if (error instanceof NodeCallError) {
      this.node.failed(`${what} has to wait`, error);
      return this.node;
    }
    if (!(error instanceof NotYetError)) return undefined;
    this.node.over();
    this.chain.failed(`${what} has to wait: ${error.message}`);
    return this.chain;
  }
}

/** When those who wait for the same trouble to be over try again: all at the same time. */
class Pace {
  private waitMs = FIRST_WAIT_MS;
  private nextTryAt = -Infinity;
  private readonly sleepers = new Set<() => void>();

  constructor(
    private readonly clock: Clock,
    private readonly trouble: LastingTrouble,
  ) {}

  failed(message: string, error?: unknown): void {
    const sinceTryMs = this.clock.now() - this.nextTryAt;
    this.trouble.failed(message, error);
    if (sinceTryMs < 0) return;
    // Nobody waited for so long that this is another trouble.
    if (sinceTryMs > LONGEST_WAIT_MS) this.waitMs = FIRST_WAIT_MS;
    this.nextTryAt = this.clock.now() + this.waitMs;
    this.waitMs = Math.min(2 * this.waitMs, LONGEST_WAIT_MS);
  }

  /** Resolves when it is time to try, when the trouble is over, at a time, or when aborted. */
  async pause(untilMs: number, signal?: AbortSignal): Promise<void> {
    const sleeper = new AbortController();
    const wake = (): void => sleeper.abort();
    this.sleepers.add(wake);
    signal?.addEventListener('abort', wake);
    if (signal?.aborted) wake();
    try {
      await this.clock.until(Math.min(this.nextTryAt, untilMs), sleeper.signal);
    } catch (error) {
      if (!sleeper.signal.aborted) throw error;
    } finally {
      this.sleepers.delete(wake);
      signal?.removeEventListener('abort', wake);
    }
  }

  over(): void {
    this.trouble.over();
    this.waitMs = FIRST_WAIT_MS;
    this.nextTryAt = -Infinity;
    for (const wake of this.sleepers) wake();
  }
}
