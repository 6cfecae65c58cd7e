import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Response } from 'express';
import { untimed } from '../metrics/metrics';
import type { Miner } from '../rounds/miner';
import { ApiError } from './errors';

/** Targets change with the rates of workers: nobody tells of that, so it is looked at. */
const LOOK_MS = 1_000;
/** So many look, and are answered, before what else has come in has its turn. */
const LOOKS_AT_A_TIME = 16;

export interface WaitLimits {
  /** Requests that wait at a time. */
  requests: number;
  /** For how long each waits at most. */
  forMs: number;
}

const LIMITS: WaitLimits = { requests: 1_024, forMs: 25_000 };

/** Requests that wait for other work. They keep no process from ending. */
export class WorkWait {
  /** Each looks whether its wait is over, and ends it. */
  private readonly looks = new Set<() => void>();
  private ticker: NodeJS.Timeout | undefined;
  /** What wakes them. Listened to once: it may be days until it resolves. */
  private change: Promise<void> | undefined;

  constructor(
    private readonly miner: Pick<Miner, 'nextChange'>,
    private readonly limits: WaitLimits = LIMITS,
  ) {}

  /** Requests that wait now. */
  get size(): number {
    return this.looks.size;
  }

  /**
   * Resolves as soon as something is so: asked now, at each change of the miner's work and once a second. Resolves as
   * well when the request has waited for 25 s, or its client is gone.
   * @param isSo cheap, for all who wait are asked in turn; throws nothing
   * @param response the request's, whose measured time is without the wait
   * @throws ApiError 429 when as many wait as may
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

  /** Has them look at the next change of work. */
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
