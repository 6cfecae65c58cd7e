import type { Clock } from '../process/clock';
import { LastingTrouble, type Log } from '../process/log';
import { type Ledger, type Windows, isReset, RoundOverError, RoundWindows } from './ledger';
import { ListRound } from './list-round';
import { LIST_SWITCHES, sdkMakesUntil, type ListSwitches } from './list-rules';
import { OwnLists, type JudgeAll, type OwnList } from './own-lists';
import type { Payouts } from './payouts';

/** A round's lists are due two rounds later; if they are voted out, again while its submissions are kept. */
export const DUE_AFTER = 2;
const DUE_AGAIN_AFTER = [3, 4];
/** Later the chain has forgotten what was submitted, and nobody can make a list of it again. */
export const LAST_DUE_AFTER = Math.max(...DUE_AGAIN_AFTER);
/** How long to wait before asking again for a round that is late, as a part of a round. */
const PAUSED_PART = 0.005;
/** After a failure the chain is asked again, after a longer wait each time. */
export const FIRST_RETRY_MS = 1000;
export const LONGEST_RETRY_MS = 30_000;

/** What a list-keeper reports. */
export interface ListEvents {
  /** This node's own list of a round is known, whatever lists are on the ledger. */
  computed(own: OwnList): void;
  /** The keeper handed it in. */
  made(): void;
  /** A vote was cast for the first time. */
  voted(isValid: boolean): void;
}

export interface ListKeeperOptions {
  ledger: Ledger;
  clock: Clock;
  /** 32 random bytes that this node keeps to itself. */
  secret: Uint8Array;
  /** This node's key, base58. */
  self: string;
  judge: JudgeAll;
  log: Log;
  events?: Partial<ListEvents>;
  switches?: ListSwitches;
}

/**
 * Makes this node's distribution lists, and votes on those of others (docs/PROTOCOL.md section 8): from the start of
 * the process, in every window, whether or not the SDK asks. Of what an earlier process did it knows what the ledger
 * shows.
 */
export class ListKeeper {
  private readonly own: OwnLists;
  /** The rounds whose lists are due in the round that runs. */
  private readonly due = new Map<number, ListRound>();
  private readonly trouble: LastingTrouble;

  constructor(private readonly options: ListKeeperOptions) {
    const { ledger, clock, judge, events, log } = options;
    const words = {
      lasting: 'the distribution lists still have trouble',
      over: 'the distribution lists are kept again',
    };
    this.trouble = new LastingTrouble(log, words, () => clock.now());
    this.own = new OwnLists(ledger, clock, judge, (own) => events?.computed?.(own));
  }

  /** Makes and judges lists round after round, until aborted. Failures are logged. */
  async run(signal: AbortSignal): Promise<void> {
    let last = -1;
    let isKept = false;
    for (let retryMs = FIRST_RETRY_MS; !signal.aborted;) {
      try {
        const windows = await this.options.ledger.windows();
        this.trouble.over();
        if (isReset(windows.round, last)) {
          const { log } = this.options;
          log.warn(`round ${windows.round} runs after ${last}: lists made before are dropped`);
          this.forgetRounds();
        }
        if (windows.round !== last || !isKept) isKept = await this.keepRound(windows, signal);
        // By the estimate the round is over, by the chain it goes on.
        else await this.pause(PAUSED_PART * (windows.endsAt - windows.opensAt), signal);
        last = windows.round;
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        if (signal.aborted) return;
        this.trouble.failed('the distribution lists are not kept now', error);
        await this.pause(retryMs, signal);
        retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
      }
    }
  }

  /**
   * What the SDK is given when it asks for a list: this node's own, if the SDK is to make one now. If it only compares
   * the lists of others it gets none, and must not get an error either: it would take that for approval.
   * @param submitters the keys that the SDK sees
   */
  async listForSdk(round: number, submitters: readonly string[]): Promise<Payouts | undefined> {
    const { ledger, clock } = this.options;
    const isDue = (windows: Windows): boolean =>
      round <= windows.round - DUE_AFTER && clock.now() <= sdkMakesUntil(windows);
    const windows = await ledger.windows();
    if (!isDue(windows)) return undefined;
    const own = await this.own.of(round, windows.auditAt);
    const keys = Object.keys(own.amounts);
    const seesTheSame =
      keys.length === submitters.length &&
      submitters.every((key) => Object.hasOwn(own.amounts, key));
    if (!seesTheSame || !own.verdicts.get(this.options.self)?.valid || !isDue(windows))
      return undefined;
    return this.listRound(round, windows.round).leaveToSdk() ? own.amounts : undefined;
  }

  /**
   * This node's own list of a round whose submissions the chain still holds, whether or not it is due.
   * @throws when it can't be made now
   */
  ownList(round: number, untilMs: number): Promise<OwnList> {
    return this.own.of(round, untilMs);
  }

  /** Drops its lists after a reset of the network: the numbers now mean other rounds. */
  forgetRounds(): void {
    this.own.forget();
    this.due.clear();
  }

  /** @returns false if the round was given up because a far lower one seems to run */
  private async keepRound(first: Windows, signal: AbortSignal): Promise<boolean> {
    const over = new AbortController();
    const end = (): void => over.abort();
    signal.addEventListener('abort', end);
    const { ledger, clock } = this.options;
    const windows = new RoundWindows(ledger, clock, first, over.signal);
    for (const [round, { dueIn }] of this.due) {
      // The SDK may already have asked in the next one.
      if (dueIn < first.round || dueIn > first.round + 1) this.due.delete(round);
    }
    const rounds = [DUE_AFTER, ...DUE_AGAIN_AFTER]
      .map((after) => first.round - after)
      .filter((round) => round >= 0)
      .map((round) => this.listRound(round, first.round));
    try {
      await Promise.all(rounds.map((listRound) => listRound.keep(windows)));
      await windows.reach(({ endsAt }) => endsAt);
    } catch (error) {
      if (!(error instanceof RoundOverError)) throw error;
    } finally {
      end();
      signal.removeEventListener('abort', end);
    }
    return !windows.wereReset;
  }

  private listRound(round: number, dueIn: number): ListRound {
    const known = this.due.get(round);
    if (known?.dueIn === dueIn) return known;
    const isAgain = round < dueIn - DUE_AFTER;
    const { switches = LIST_SWITCHES } = this.options;
    const context = { ...this.options, switches, own: this.own, trouble: this.trouble };
    const listRound = new ListRound(context, { round, dueIn, isAgain });
    this.due.set(round, listRound);
    return listRound;
  }

  private async pause(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    await clock.until(clock.now() + ms, signal).catch(() => undefined);
  }
}
