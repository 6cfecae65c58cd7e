import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Response } from 'express';
import { untimed } from '../metrics/metrics';
import type { Miner } from '../rounds/miner';
import { ApiError } from './errors';

/** Targets change with the workers' rates without any event, so they are polled. */
const LOOK_MS = 1_000;
/** So many requests are checked and answered before the event loop gets a turn. */
const LOOKS_AT_A_TIME = 16;

export interface WaitLimits {
  /** How many may wait at a time. */
  requests: number;
  /** The longest that each waits. */
  forMs: number;
}

const LIMITS: WaitLimits = { requests: 1_024, forMs: 25_000 };

/** Requests that wait for new work. They don't keep the process alive. */
export class WorkWait {
  /** One for each request: checks its condition, and ends the wait if it holds. */
  private readonly looks = new Set<() => void>();
  private ticker: NodeJS.Timeout | undefined;
  /** The promise that wakes them. Only one callback is attached: it may take days to resolve. */
  private change: Promise<void> | undefined;

  constructor(
    private readonly miner: Pick<Miner, 'nextChange'>,
    private readonly limits: WaitLimits = LIMITS,
  ) {}

  /** How many wait now. */
  get size(): number {
    return this.looks.size;
  }

  /**
   * Resolves when the condition holds: checked now, at each change of the miner's work and once a second. Also resolves
   * after 25 s, and when the client is gone.
   * @param isSo must be cheap, since all waiting requests are checked together, and must not throw
   * @param response of the request; the wait doesn't count in its measured time
   * @throws ApiError 429 if too many wait already
   */
  async until(isSo: () => boolean, response: Response): Promise<void> {
    if (isSo() || response.destroyed) return;
    const { requests, forMs } = this.limits;
    if (this.looks.size >= requests) {
      throw new ApiError(429, `expected at most ${requests} requests to wait at a time`);
    }
    await untimed(response, this.wait(isSo, response, forMs));
  }

  private wait(isSo: () => boolean, response: Response, forMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(deadline);
        response.off('close', end);
        this.looks.delete(look);
        if (this.looks.size === 0) clearInterval(this.ticker);
        resolve();
      };
      const look = (): void => {
        if (isSo()) end();
      };
      const deadline = setTimeout(end, forMs).unref();
      response.once('close', end);
      if (this.looks.size === 0)
        this.ticker = setInterval(() => void this.lookAll(), LOOK_MS).unref();
      this.looks.add(look);
      this.listen();
    });
  }

  /** Has all conditions checked at the next change of work. */
  private listen(): void {
    const { nextChange } = this.miner;
    if (this.change === nextChange) return;
    this.change = nextChange;
    void nextChange.then(() => {
      if (this.looks.size === 0) return;
      this.listen();
      void this.lookAll();
    });
  }

  private async lookAll(): Promise<void> {
    let looks = 0;
    for (const look of this.looks) {
      look();
      if (++looks % LOOKS_AT_A_TIME === 0) await nextTurn();
    }
  }
}
