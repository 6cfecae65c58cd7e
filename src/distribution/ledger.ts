import { LONGEST_TIMER_MS, type Clock } from '../process/clock';
import type { Submissions } from '../work/seed';
import type { Payouts } from './payouts';

// The chain as the list-keeper sees it: what it asks and does there, and the windows in which it does so.

/** The windows of the round that runs now, in ms of the Clock. Lists are due in them. */
export interface Windows {
  round: number;
  /** Start of the round and of its submission window, in which lists are made. */
  opensAt: number;
  /** End of the submission window, start of the audit window, in which lists are voted on. */
  auditAt: number;
  auditEndsAt: number;
  endsAt: number;
}

/** A distribution list on the ledger. */
export interface NamedList {
  /** base58 public key of whoever named it */
  maker: string;
  /** The account that holds its contents: what is judged and paid, whoever owns it. */
  account: string;
  /** Whether it was named in a round before the one that runs. */
  isOld: boolean;
  votes: readonly { voter: string; isValid: boolean }[];
}

export interface RoundLists {
  lists: readonly NamedList[];
  /** failed: all lists so far were voted out, so one must be made again. */
  outcome: 'open' | 'paid' | 'failed';
}

/** What the list-keeper asks of the chain. Each method throws when it can't get or do it now. */
export interface Ledger {
  windows(): Promise<Windows>;
  submissions(round: number): Promise<Submissions>;
  /** The bounty of a round in the token's smallest unit. */
  bounty(): Promise<bigint>;
  /** @param dueIn the round that runs, in whose windows lists are made and judged */
  lists(round: number, dueIn: number): Promise<RoundLists>;
  /** The text in an account. */
  contents(account: string, round: number): Promise<string>;
  /** Puts this node's list of a round on the ledger. */
  handIn(round: number, list: Payouts): Promise<void>;
  vote(round: number, maker: string, isValid: boolean): Promise<void>;
  /** Asks for the payout of a round whose windows are over. */
  payOut(round: number): Promise<void>;
}

/** After this part of a longer wait the chain's clock is read again: slots vary in length. */
const WAITED_PART = 0.75;
/** A wait of up to this part of a window needs no second reading. */
const SHORT_PART = 0.05;

/** The round that was waited in is over. */
export class RoundOverError extends Error {
  override readonly name = 'RoundOverError';
}

/** Whether a round number shows that the network was reset. A view of the chain may lag by one. */
export function isReset(round: number, latest: number): boolean {
  return round < latest - 1;
}

/** The windows of one round, estimated anew while somebody waits for a moment in them. */
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

  /** Whether a far lower round was seen twice in a row: once may be an error number in place of a slot. */
  get wereReset(): boolean {
    return this.resetSeen >= 2;
  }

  /**
   * Waits for a moment of the windows.
   * @throws RoundOverError when a later round runs by then, or round numbers began anew
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

  /** All who wait at the same time share an answer. Without one the last estimate stands. */
  private async ask(): Promise<void> {
    const windows = await this.ledger.windows().catch(() => this.latest);
    const { round } = this.latest;
    this.resetSeen = isReset(windows.round, round) ? this.resetSeen + 1 : 0;
    if (windows.round > round || this.wereReset) this.isOver = true;
    if (windows.round === round) this.latest = windows;
  }
}
