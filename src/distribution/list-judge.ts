import { sha256 } from '../bitcoin/sha256';
import type { Clock } from '../process/clock';
import type { LastingTrouble, Log } from '../process/log';
import type { Ledger, NamedList, RoundLists, RoundWindows } from './ledger';
import {
  auditTime,
  isLate,
  isRecastDue,
  isRereadDue,
  looksOf,
  opensAudit,
  voteAt,
  type ListSwitches,
  type Look,
  type LookKind,
} from './list-rules';
import { draw } from './lots';
import type { OwnList, OwnLists } from './own-lists';
import { readingOf, type Reading } from './payouts';

/** How many lists are read, or votes cast, at a time. */
const AT_A_TIME = 8;
/** A line of the log names at most this many. */
const NAMES_IN_LOG = 5;

export interface JudgeContext {
  ledger: Ledger;
  clock: Clock;
  secret: Uint8Array;
  /** This node's key, base58. */
  self: string;
  own: Pick<OwnLists, 'of' | 'again'>;
  switches: ListSwitches;
  events?: { made?(): void; voted?(isValid: boolean): void };
  log: Log;
  /** Told of what keeps all lists from being made or judged, and may last. */
  trouble: LastingTrouble;
}

export interface ListRoundId {
  round: number;
  /** The round in whose windows the list is due. */
  dueIn: number;
  /** Whether it was due before: it is made again only if all lists so far were voted out. */
  isAgain: boolean;
}

/** The lists that count in a round's windows: when one is made again, those that were voted out don't. */
export function countedLists({ lists }: RoundLists, { isAgain }: ListRoundId): NamedList[] {
  return lists.filter(({ isOld }) => !(isAgain && isOld));
}

/** This node's vote on a list, once decided: it stays, whatever becomes of the list. */
interface Ballot {
  isValid: boolean;
  /** Clock's ms; undefined when the last try failed. */
  castAt: number | undefined;
}

/** Looks at the lists of a round during an audit window, and votes on them. */
export class ListJudge {
  private readonly ballots = new Map<string, Ballot>();
  /** Accounts that could be read and held this node's own list. */
  private readonly seenEqual = new Set<string>();
  /** Whether the submissions were read again before the first vote against. */
  private isOwnSure = false;

  constructor(
    private readonly context: JudgeContext,
    private readonly id: ListRoundId,
    private readonly windows: RoundWindows,
  ) {}

  private get round(): number {
    return this.id.round;
  }

  /** @throws RoundOverError */
  async keep(): Promise<void> {
    const { clock, secret, switches } = this.context;
    const looks = looksOf(draw(secret, this.round, 1).moment, switches);
    for (const [index, look] of looks.entries()) {
      await this.windows.reach((w) => auditTime(w, look.at));
      const next = looks[index + 1]?.at ?? 1;
      // A node that comes late takes only the last look that it missed: earlier ones would show no more.
      if (clock.now() >= auditTime(this.windows.now, next)) continue;
      await this.lookUntil(next, look);
    }
  }

  /** Takes a look. If it fails, one of the last two is retried until the next is due. */
  private async lookUntil(next: number, { kind }: Look): Promise<void> {
    const { clock, trouble } = this.context;
    const until = (): number => auditTime(this.windows.now, next);
    const retryMs = (until() - clock.now()) / 4;
    for (;;) {
      try {
        await this.look(kind, until());
        return trouble.over();
      } catch (error) {
        trouble.failed(`the lists of round ${this.round} can't be looked at now`, error);
        const again = clock.now() + retryMs;
        if (!isLate(kind) || again >= until()) return;
        await this.windows.reach(() => again);
      }
    }
  }

  private async look(kind: LookKind, untilMs: number): Promise<void> {
    const { ledger, self } = this.context;
    const lists = countedLists(await ledger.lists(this.round, this.id.dueIn), this.id);
    const open = lists.filter(({ votes }) => !votes.some(({ voter }) => voter === self));
    await this.castAgain(kind, open);
    if (open.length === 0) return;
    const own = await this.context.own.of(this.round, this.windows.now.auditEndsAt);
    const undecided = this.inOwnOrder(open.filter(({ maker }) => !this.ballots.has(maker)));
    await this.vote(await this.decide(kind, undecided, own, untilMs));
  }

  /** Reads lists and decides on each whether it gets a vote, and which. */
  private async decide(
    kind: LookKind,
    lists: readonly NamedList[],
    own: OwnList,
    untilMs: number,
  ): Promise<Map<NamedList, boolean>> {
    const { self, switches } = this.context;
    const readings = await this.readAll(lists, own, untilMs);
    const votes = new Map<NamedList, boolean>();
    for (const list of lists) {
      const reading = readings.get(list) ?? 'unreadable';
      if (reading === 'equal') this.seenEqual.add(list.account);
      const vote = voteAt(kind, reading, this.seenEqual.has(list.account), switches);
      if (vote !== undefined) votes.set(list, vote);
      else if (reading === 'equal' && this.isToOpen(kind, list, own)) votes.set(list, false);
    }
    const isAlone =
      !lists.some((list) => list.maker !== self && readings.get(list) === 'equal') &&
      ![...this.ballots].some(([maker, { isValid }]) => maker !== self && isValid);
    if (this.isOwnSure || !isAlone || ![...votes.values()].includes(false)) return votes;
    // Nobody agrees: perhaps this node's own view of the round lags. It must have had time to catch up.
    if (!isRereadDue(kind, own.readAt, this.context.clock.now(), this.windows.now)) {
      return new Map([...votes].filter(([, isValid]) => isValid));
    }
    const again = await this.context.own.again(this.round, this.windows.now.auditEndsAt);
    this.isOwnSure = true;
    if (again === own) return votes;
    this.seenEqual.clear();
    return this.decide(kind, lists, again, untilMs);
  }

  private isToOpen(kind: LookKind, { votes }: NamedList, { submissions }: OwnList): boolean {
    if (kind !== 'opening' || votes.length > 0) return false;
    const submitters = Object.keys(submissions).length;
    return opensAudit(draw(this.context.secret, this.round, submitters).place, submitters);
  }

  /** A list that is not read in time is left out: it counts as unreadable. */
  private async readAll(
    lists: readonly NamedList[],
    own: OwnList,
    untilMs: number,
  ): Promise<Map<NamedList, Reading>> {
    const { clock, ledger } = this.context;
    const readings = new Map<NamedList, Reading>();
    await severalAtATime(lists, async (list) => {
      if (clock.now() >= untilMs) return;
      const text = await ledger.contents(list.account, this.round).catch(() => undefined);
      if (text !== undefined) readings.set(list, readingOf(text, own.amounts));
    });
    return readings;
  }

  private async vote(votes: ReadonlyMap<NamedList, boolean>): Promise<void> {
    if (votes.size === 0) return;
    for (const isValid of [false, true]) {
      const makers = [...votes].filter(([, vote]) => vote === isValid).map(([{ maker }]) => maker);
      if (makers.length === 0) continue;
      const named = makers.slice(0, NAMES_IN_LOG).join(', ');
      const more = makers.length > NAMES_IN_LOG ? ` and ${makers.length - NAMES_IN_LOG} more` : '';
      const found = isValid ? 'for right lists' : 'against lists that differ from its own';
      this.context.log.info(`round ${this.round}: voting ${found}, by ${named}${more}`);
    }
    await severalAtATime([...votes], ([{ maker }, isValid]) => this.cast(maker, isValid));
  }

  private async castAgain(kind: LookKind, lists: readonly NamedList[]): Promise<void> {
    const now = this.context.clock.now();
    await severalAtATime(lists, async ({ maker }) => {
      const ballot = this.ballots.get(maker);
      if (ballot && isRecastDue(kind, ballot.castAt, now, this.windows.now)) {
        await this.cast(maker, ballot.isValid);
      }
    });
  }

  private async cast(maker: string, isValid: boolean): Promise<void> {
    const { clock, ledger, self, log, events } = this.context;
    const ballot: Ballot = { isValid, castAt: undefined };
    const isFirst = !this.ballots.has(maker);
    this.ballots.set(maker, ballot);
    try {
      await ledger.vote(this.round, maker, isValid);
      if (isFirst) events?.voted?.(isValid);
      ballot.castAt = clock.now();
    } catch (error) {
      // Not every ledger accepts a vote on one's own list.
      if (maker === self) return;
      log.warn({ error }, `the vote on the list of ${maker} for round ${this.round} failed`);
    }
  }

  /** Lists under audit come first; within each group the order is one that nobody else knows. */
  private inOwnOrder(lists: readonly NamedList[]): NamedList[] {
    return lists
      .map((list) => ({
        list,
        group: list.votes.length > 0 ? 0 : 1,
        key: sha256(Buffer.concat([this.context.secret, Buffer.from(list.maker)])),
      }))
      .sort((a, b) => a.group - b.group || Buffer.compare(a.key, b.key))
      .map(({ list }) => list);
  }
}

async function severalAtATime<T>(
  items: readonly T[],
  handle: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      for (const item of queue) await handle(item);
    }),
  );
}
