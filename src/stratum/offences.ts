import { NoStratumError } from './messages';

// What a connection that burdens this node has to expect. Times come in, in ms.

/** From so many submits a second on, the difficulty rises; from the higher number on, the connection is closed. */
const RISES_ABOVE = 200;
const ENDS_ABOVE = 2_000;

/** Submits of one connection, counted by the second. */
export class Flood {
  private submits = 0;

  /** Counts a submit. @throws NoStratumError when there were too many in this second */
  note(): void {
    if (++this.submits > ENDS_ABOVE) throw new NoStratumError('it floods this node');
  }

  /** Call it once a second. @returns the submits of the last second if the difficulty is to rise for them; else 0 */
  tick(): number {
    const { submits } = this;
    this.submits = 0;
    return submits > RISES_ABOVE ? submits : 0;
  }
}

/** Fewer invalid shares are an accident. */
const RUN_SHARES = 5;
const RENEWED_MS = 60_000;
const ENDS_MS = 180_000;

/** Invalid shares of one connection without an accepted one between them. */
export class InvalidRun {
  private shares = 0;
  private sinceMs = 0;
  private isRenewed = false;

  /**
   * Notes an invalid share.
   * @returns whether its miner should have a new job: it may have gone wrong with the last
   * @throws NoStratumError when that didn't help
   */
  note(nowMs: number): boolean {
    if (this.shares++ === 0) this.sinceMs = nowMs;
    const lastsMs = nowMs - this.sinceMs;
    if (this.shares < RUN_SHARES || lastsMs < RENEWED_MS) return false;
    if (lastsMs >= ENDS_MS) throw new NoStratumError('its shares are invalid');
    const isFirst = !this.isRenewed;
    this.isRenewed = true;
    return isFirst;
  }

  /** A share was accepted. */
  over(): void {
    this.shares = 0;
    this.isRenewed = false;
  }
}
