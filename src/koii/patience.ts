import { monotonicClock, type Clock } from '../clock';
import { LastingTrouble, type Log, type TroubleWords } from '../log';
import { NotYetError } from '../rounds/seeds';
import { NodeCallError } from './node-call';

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
