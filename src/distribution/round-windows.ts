import { LONGEST_TIMER_MS, type Clock } from '../clock';
import type { Ledger, Windows } from './ledger';

/** Of a longer wait this part, then the chain's clock is looked at again: slots don't last equally long. */
const WAITED_PART = 0.75;
/** What is left of a window may be waited for without another look. */
const SHORT_PART = 0.05;

/** The round that was waited in is over. */
export class RoundOverError extends Error {
  override readonly name = 'RoundOverError';
}

/** Whether a round shows that the network was reset. A view of the chain may lag by one. */
export function isReset(round: number, latest: number): boolean {
  return round < latest - 1;
}

/** The windows of one round, asked for again while somebody waits for a moment in them. */
export class RoundWindows {
  private asking: Promise<void> | undefined;
  private isOver = false;
  private resetSeen = 0;

  constructor(
    private readonly ledger: Pick<Ledger, 'windows'>,
    private readonly clock: Clock,
    private latest: Windows,
    private readonly signal: AbortSignal,
  ) {}

  get now(): Windows {
    return this.latest;
  }

  /** Whether a far lower round was seen twice running: once may be an error number in the place of a slot. */
  get wereReset(): boolean {
    return this.resetSeen >= 2;
  }

  /**
   * Waits for a moment of the windows.
   * @throws RoundOverError when a later round runs by then, or the rounds were counted anew
   */
  async reach(moment: (windows: Windows) => number): Promise<void> {
    for (;;) {
      if (this.isOver) throw new RoundOverError();
      const leftMs = moment(this.latest) - this.clock.now();
      if (leftMs <= 0) return;
      const { opensAt, auditAt } = this.latest;
      const isShort = leftMs < SHORT_PART * (auditAt - opensAt);
      const waitMs = isShort ? leftMs : Math.min(WAITED_PART * leftMs, LONGEST_TIMER_MS);
      await this.clock.until(this.clock.now() + waitMs, this.signal);
      await (this.asking ??= this.ask().finally(() => (this.asking = undefined)));
    }
  }

  /** Several wait at the same time: they share an answer. Without one the estimate stands. */
  private async ask(): Promise<void> {
    const windows = await this.ledger.windows().catch(() => this.latest);
    const { round } = this.latest;
    this.resetSeen = isReset(windows.round, round) ? this.resetSeen + 1 : 0;
    if (windows.round > round || this.wereReset) this.isOver = true;
    if (windows.round === round) this.latest = windows;
  }
}
