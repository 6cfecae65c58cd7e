import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { NotYetError } from '../audit/seeds';
import { monotonicClock, type Clock } from '../process/clock';
import { LastingTrouble, type Log, type TroubleWords } from '../process/log';

// How the node is asked, through the SDK: callNode makes one try, shareInFlight merges equal calls, Patience retries.

/** The calls made to the node, by the node's own names. */
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

/** Failed calls since this process started. */
export const nodeCallFailures: ReadonlyMap<NodeMethod, number> = failures;

/** The node, or the SDK on its behalf, did not give a usable answer. */
export class NodeCallError extends Error {
  override readonly name = 'NodeCallError';
}

/** How long a call may take by default: the SDK itself waits forever. */
export const TRY_TIMEOUT_MS = 10_000;

/**
 * Asks the node once, through the SDK, and checks the answer. Failed calls of the SDK resolve to
 * `{ error }`, null or a number as often as they throw, so `parse` decides what is an answer.
 * Whoever can wait retries through Patience.
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
    // The SDK has just parsed the answer, which takes long for a list of ten thousand: others get a turn.
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
 * Merges equal calls made at the same time: whoever asks while an answer is on its way gets that one, so nobody may
 * modify it.
 * @param ask its arguments must be plain data that identifies what is asked
 * @param sharedForMs a call that takes longer is left to those who wait for it already: the next caller asks anew
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

/** The wait after a failure; it doubles with each further one, up to the longest. */
export const FIRST_WAIT_MS = 250;
export const LONGEST_WAIT_MS = 30_000;

/** How long a submission or a vote is worth trying: the SDK asks for it only once. */
export const LONG_MS = 120_000;
/** For what a single failed call must not spoil, but nobody can wait long for. */
export const SHORT_MS = 5000;

export interface Limits {
  /** Ends the waiting at once. */
  signal?: AbortSignal;
  /** How long to wait at most, with a last try at the end; forever when left out. */
  forMs?: number;
}

/**
 * Retries what may pass: the node did not answer, or the chain isn't that far yet. All retries go through it but the
 * list-keeper's, which has looks of its own. All who wait share one pace, so that what several ask is asked once.
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
   * Resolves to the value of the first attempt that succeeds.
   * @param what is tried, for the log
   * @throws what the last attempt threw; at once if that is neither NodeCallError nor NotYetError; the signal's reason
   *   if it ended the waiting
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

/** Has everyone who waits out the same trouble try again at the same time. */
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
    // Nobody has tried for so long that this is a new trouble.
    if (sinceTryMs > LONGEST_WAIT_MS) this.waitMs = FIRST_WAIT_MS;
    this.nextTryAt = this.clock.now() + this.waitMs;
    this.waitMs = Math.min(2 * this.waitMs, LONGEST_WAIT_MS);
  }

  /** Resolves when it is time to try again, the trouble is over, `untilMs` is reached, or the signal aborts. */
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
