import type { Clock } from '../process/clock';
import { LastingTrouble, type Log } from '../process/log';
import type { Submissions } from '../work/seed';
import { counted, entriesOf, type CountedRound, type KeptRound } from './kept-round';
import { isReset, RoundOverError, RoundWindows, type Ledger, type Windows } from './ledger';
import { DUE_AFTER, FIRST_RETRY_MS, LAST_DUE_AFTER, LONGEST_RETRY_MS } from './list-keeper';
import { ListReadings } from './list-readings';
import { networkRound, type NetworkRound } from './network-round';
import type { OwnList } from './own-lists';
import { finalRecount, forgotten, recount, type Recount } from './recount';

/** Rounds kept at most, and fewer where they are large: an entry takes some hundred bytes. */
const KEPT_ROUNDS = 32;
const KEPT_ENTRIES = 400_000;
/** Who asks within this time shares an answer, a failure too: the node's calls are precious. */
const ANSWER_MS = 10_000;
/** When a round's lists are looked at, as parts of the time between the audit window and the end of the round. */
const LOOK_PARTS = [0.35, 0.8];
/** How long to wait before asking again for a round that is late, as a part of a round. */
const PAUSED_PART = 0.005;
/** Accounts that can't be read are asked for in so many looks after the outcome is known. */
const LOOKS_FOR_ACCOUNTS = 3;

/** A round that can't be counted: the message says why, for whoever asked. */
export class NoSuchRoundError extends Error {
  override readonly name = 'NoSuchRoundError';
}

export interface RecountsOptions {
  ledger: Pick<Ledger, 'windows' | 'submissions' | 'lists' | 'contents'>;
  clock: Clock;
  log: Log;
  /** Makes this node's list of a round that it hasn't made yet. @throws when it can't be made now */
  ownList: (round: number, untilMs: number) => Promise<OwnList>;
  /** The rounds whose end somebody waits for, those of an earlier process too. */
  unsettled?: () => readonly number[];
}

/**
 * Counts rounds again from the ledger: when somebody asks, and by itself after the windows in which their lists were
 * due, until the outcome is known for good. Keeps the last rounds in memory.
 */
export class Recounts {
  private readonly rounds = new Map<number, KeptRound>();
  private readonly answers = new Map<number, { answer: Promise<CountedRound>; untilMs: number }>();
  private readonly listeners: ((recount: Recount) => void)[] = [];
  private readonly trouble: LastingTrouble;
  private windowsAsked: { answer: Promise<Windows>; untilMs: number } | undefined;
  /** Rounds are counted one at a time. */
  private turn: Promise<unknown> = Promise.resolve();
  private roundMs: number | null = null;

  constructor(private readonly options: RecountsOptions) {
    const { log, clock } = options;
    const words = {
      lasting: 'rounds can still not be counted again',
      over: 'rounds are counted again',
    };
    this.trouble = new LastingTrouble(log, words, () => clock.now());
  }

  /** Takes this node's list of a round; one made anew replaces the one before, unless the round is settled. */
  add(own: OwnList): void {
    const { ledger, clock } = this.options;
    const { round } = own;
    const earlier = this.rounds.get(round);
    if (earlier?.isSettled) return;
    this.answers.delete(round);
    this.rounds.set(round, {
      own,
      at: earlier?.at ?? Date.now(),
      readings: new ListReadings(ledger, clock, round, own.amounts),
      before: earlier?.before,
      recount: undefined,
      readAt: 0,
      isSettled: false,
      looksSinceKnown: 0,
    });
    this.trim();
  }

  /** @param listener is told once of each round whose outcome is known for good, or never will be: then it is open */
  onSettled(listener: (recount: Recount) => void): void {
    this.listeners.push(listener);
  }

  /** The rounds that can be asked for without counting anything anew, the newest first. */
  get known(): number[] {
    return [...this.rounds.keys()].sort((a, b) => b - a);
  }

  /** The newest rounds, the newest first. */
  recent(limit: number): NetworkRound[] {
    return this.known
      .slice(0, limit)
      .map((round) => this.rounds.get(round)!)
      .map(({ own, at }) => networkRound(own, at, this.roundMs));
  }

  /**
   * A round as the ledger shows it now, or some seconds ago.
   * @throws NoSuchRoundError for one that isn't listed yet, or that this node and the chain have forgotten; any other
   *   error when it can't be known now
   */
  async of(round: number): Promise<CountedRound> {
    const kept = this.rounds.get(round);
    if (kept?.isSettled) return counted(kept);
    const windows = await this.windows();
    if (round > windows.round - DUE_AFTER) {
      throw new NoSuchRoundError(
        `round ${round} isn't listed before round ${round + DUE_AFTER}, and round ${windows.round} runs`,
      );
    }
    if (round < windows.round - LAST_DUE_AFTER) {
      if (kept?.recount) return counted(kept);
      throw new NoSuchRoundError(
        `round ${round} is forgotten: the chain holds the last rounds alone, and this node those it counted since it started`,
      );
    }
    const known = this.answers.get(round);
    if (known && this.options.clock.now() < known.untilMs) return known.answer;
    for (const asked of this.answers.keys()) {
      if (asked < windows.round - LAST_DUE_AFTER) this.answers.delete(asked);
    }
    const answer = this.inTurn(() => this.counted(round, windows));
    const entry = { answer, untilMs: Infinity };
    this.answers.set(round, entry);
    const expire = (): void => void (entry.untilMs = this.options.clock.now() + ANSWER_MS);
    answer.then(expire, expire);
    return answer;
  }

  /** Follows the rounds until aborted. Failures are logged. */
  async run(signal: AbortSignal): Promise<void> {
    const { ledger, clock, log } = this.options;
    let last = -1;
    for (let retryMs = FIRST_RETRY_MS; !signal.aborted;) {
      try {
        const first = await ledger.windows();
        if (isReset(first.round, last)) {
          log.warn(`round ${first.round} runs after ${last}: rounds counted before are dropped`);
          this.forgetRounds();
        }
        const roundMs = first.endsAt - first.opensAt;
        // By the estimate the round is over, by the chain it goes on.
        if (first.round === last) await this.pause(PAUSED_PART * roundMs, signal);
        else await this.follow(new RoundWindows(ledger, clock, first, signal));
        last = first.round;
        this.roundMs = roundMs;
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        if (signal.aborted) return;
        this.trouble.failed('rounds can not be counted again now', error);
        await this.pause(retryMs, signal);
        retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
      }
    }
  }

  /** For a reset of the network, after which the numbers mean other rounds. */
  forgetRounds(): void {
    this.rounds.clear();
    this.answers.clear();
    this.windowsAsked = undefined;
  }

  /** Looks at all rounds that aren't settled, twice after the audit window of the round that runs. */
  private async follow(windows: RoundWindows): Promise<void> {
    try {
      for (const part of LOOK_PARTS) {
        await windows.reach(
          ({ auditEndsAt, endsAt }) => auditEndsAt + part * (endsAt - auditEndsAt),
        );
        await this.takeUp(windows.now);
        await this.lookAtAll(windows.now.round, part === LOOK_PARTS.at(-1));
      }
      await windows.reach(({ endsAt }) => endsAt);
    } catch (error) {
      if (!(error instanceof RoundOverError)) throw error;
    }
  }

  /** Counts the rounds that an earlier process left unsettled, while the chain holds them. */
  private async takeUp(windows: Windows): Promise<void> {
    for (const round of this.options.unsettled?.() ?? []) {
      const isHeld = round <= windows.round - DUE_AFTER && round >= windows.round - LAST_DUE_AFTER;
      if (!isHeld || this.rounds.has(round)) continue;
      await this.inTurn(() => this.counted(round, windows)).catch((error: unknown) =>
        this.trouble.failed(`round ${round} can't be counted again now`, error),
      );
    }
  }

  private async lookAtAll(current: number, isLastLook: boolean): Promise<void> {
    const kept = [...this.rounds.values()].filter(({ isSettled }) => !isSettled);
    for (const each of kept.sort((a, b) => a.own.round - b.own.round)) {
      const { round } = each.own;
      if (round > current - DUE_AFTER) continue;
      if (round < current - LAST_DUE_AFTER) {
        each.recount &&= forgotten(each.recount);
        this.settle(each);
      } else await this.followed(each, current, isLastLook && round === current - LAST_DUE_AFTER);
    }
  }

  private async followed(kept: KeptRound, current: number, isLast: boolean): Promise<void> {
    const { round } = kept.own;
    try {
      await this.inTurn(() => this.look(kept, current, isLast));
      this.trouble.over();
    } catch (error) {
      this.trouble.failed(`round ${round} can't be counted again now`, error);
    }
  }

  private async counted(round: number, windows: Windows): Promise<CountedRound> {
    if (!this.rounds.has(round)) {
      const own = await this.options.ownList(round, windows.endsAt);
      if (!this.rounds.has(round)) this.add(own);
    }
    const kept = this.rounds.get(round);
    if (!kept) throw new Error(`there is no room for round ${round} beside larger ones`);
    if (kept.isSettled) return counted(kept);
    await this.look(kept, windows.round).catch((error: unknown) => {
      if (!kept.recount) throw error;
    });
    return counted(kept);
  }

  /** @param isLast whether nobody can make a list of the round after this look */
  private async look(kept: KeptRound, current: number, isLast = false): Promise<void> {
    const { ledger } = this.options;
    const { own, readings, recount: earlier } = kept;
    kept.before ??= await this.submissionsBefore(own.round, current);
    const found = await recount(ledger, own, current, readings);
    kept.recount = isLast ? await finalRecount(ledger, found, earlier) : found;
    kept.readAt = Date.now();
    this.trim();
    if (isLast && kept.recount.outcome === 'failed') this.settle(kept);
    if (kept.recount.outcome !== 'paid') return;
    kept.looksSinceKnown++;
    if (kept.recount.unread === 0 || kept.looksSinceKnown >= LOOKS_FOR_ACCOUNTS) this.settle(kept);
  }

  private settle(kept: KeptRound): void {
    const { own } = kept;
    // It may have been replaced meanwhile, or forgotten.
    if (kept.isSettled || this.rounds.get(own.round) !== kept) return;
    kept.isSettled = true;
    const known = kept.recount ?? { own, lists: [], outcome: 'open', unread: 0 };
    // Nobody was told of its lists: to whoever asks it is forgotten.
    if (!kept.recount) this.rounds.delete(own.round);
    for (const listener of this.listeners) listener(known);
  }

  /** What the seed is made from. A forgotten round looks like an empty one, so it must not be asked for too late. */
  private async submissionsBefore(
    round: number,
    current: number,
  ): Promise<Submissions | undefined> {
    if (round < 2) return {};
    const kept = this.rounds.get(round - 2);
    if (kept) return kept.own.submissions;
    if (round - 2 < current - LAST_DUE_AFTER) return undefined;
    const submissions = await this.options.ledger.submissions(round - 2).catch(() => undefined);
    if (submissions && Object.keys(submissions).length > 0) return submissions;
    const now = await this.options.ledger.windows().catch(() => undefined);
    return now?.round === current ? submissions : undefined;
  }

  private windows(): Promise<Windows> {
    const { ledger, clock } = this.options;
    if (!this.windowsAsked || clock.now() >= this.windowsAsked.untilMs) {
      this.windowsAsked = { answer: ledger.windows(), untilMs: clock.now() + ANSWER_MS };
    }
    return this.windowsAsked.answer;
  }

  private async pause(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    await clock.until(clock.now() + ms, signal).catch(() => undefined);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work, work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  /** Drops the oldest rounds while there are too many, or too large ones; never the newest. */
  private trim(): void {
    const rounds = this.known;
    let entries = 0;
    for (const [i, round] of rounds.entries()) {
      entries += entriesOf(this.rounds.get(round)!);
      if (i > 0 && (i >= KEPT_ROUNDS || entries > KEPT_ENTRIES)) this.rounds.delete(round);
    }
  }
}
