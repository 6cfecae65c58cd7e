import { createHash } from 'node:crypto';
import { sparingly, type Log } from '../process/log';
import type { KeyValueStore } from '../store/store';
import {
  inWords,
  NOTICE_EVENTS,
  plainText,
  summary,
  type Notice,
  type NoticeEvent,
  type NoticeText,
  loadNotices,
  saveNotices,
  type EventState,
  type EventStates,
} from './notice';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How often an event may be told in 24 hours; and once in an hour. */
const MAX_A_DAY = 6;

/** After a notice that could not be shown all of them wait, twice as long each time. */
const FIRST_RETRY_MS = 60_000;
const LONGEST_RETRY_MS = HOUR_MS;

export interface NoticeClock {
  /** ms since 1970, so that it means the same after a restart. */
  now(): number;
  /** Calls once, after a time, unless the process ends first. @returns a function that cancels it */
  after(ms: number, call: () => void): () => void;
}

export const systemClock: NoticeClock = {
  now: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms).unref();
    return () => clearTimeout(timer);
  },
};

export interface NoticesOptions {
  store: KeyValueStore;
  /** The record in the store; each outlet has its own limits. */
  key?: string;
  log: Log;
  /** Shows one. Only the notices behind it wait for it. @throws when it may not have been shown */
  show: (notice: Notice) => Promise<void>;
  clock?: NoticeClock;
}

/** An alarm that is still on. */
interface Lasting extends NoticeText {
  since: number;
}

/** A notice, and what to do once it was shown or has failed to be. */
interface Due {
  notice: Notice;
  shown: () => void;
  failed: () => void;
}

/**
 * Tells owners what they must know, and no more: an event at most once an hour and six times a day, restarts or not.
 * What was left out is summed up in the next notice. After each notice the next is chosen afresh, so only the newest of
 * an event waits, and an alarm that was held back is told as soon as it may be, if it is still on. No call waits or
 * throws.
 */
export class Notices {
  /** What to tell once. */
  private readonly wanted = new Map<NoticeEvent, NoticeText & { key: string }>();
  private readonly lasting = new Map<NoticeEvent, Lasting>();
  /** Alarms that were told and have ended, until that is told too. */
  private readonly ended = new Map<NoticeEvent, { message: string; at: number }>();
  private readonly clock: NoticeClock;
  private showing = false;
  private retryMs = FIRST_RETRY_MS;
  private cancelLook: (() => void) | undefined;
  private isWaitingAfterFailure = false;
  private saving = false;
  private unsaved = false;
  private readonly tellUnshown: (error: unknown) => void;
  private readonly tellUnsaved: (error: unknown) => void;

  private constructor(
    private readonly options: NoticesOptions,
    private readonly states: EventStates,
  ) {
    const { log, clock } = options;
    this.clock = clock ?? systemClock;
    const now = (): number => this.clock.now();
    const sparing = (message: string) =>
      sparingly((_times, error: unknown) => log.warn({ error }, message), now);
    this.tellUnshown = sparing('a notice could not be shown: it is tried again later');
    this.tellUnsaved = sparing('which notices were shown could not be stored');
  }

  /** Continues from what earlier processes told. */
  static async open(options: NoticesOptions): Promise<Notices> {
    return new Notices(options, await loadNotices(options.store, options.log, options.key));
  }

  /**
   * Tells something once in the life of this store.
   * @param key identifies it: the event with another key is told again
   */
  once(event: NoticeEvent, key: string, text: NoticeText): void {
    this.wanted.set(event, { ...text, key: digestOf(key) });
    this.look();
  }

  /** Something is wrong, from now on or since a time in ms since 1970. Repeating it while it lasts changes nothing. */
  alarm(event: NoticeEvent, text: NoticeText, since = this.clock.now()): void {
    const lasting = this.lasting.get(event);
    const told = this.ended.has(event) ? undefined : this.states[event].alarm;
    this.lasting.set(event, { ...text, since: (lasting ?? told)?.since ?? since });
    if (!lasting) this.look();
  }

  /** All is well again, if anything was wrong. @param message says so; how long it lasted is appended */
  well(event: NoticeEvent, message: string): void {
    const lasting = this.lasting.get(event);
    this.lasting.delete(event);
    if (this.states[event].alarm && !this.ended.has(event)) {
      this.ended.set(event, { message, at: this.clock.now() });
      this.look();
    } else if (lasting) this.missed(event, lasting.since);
  }

  private look(): void {
    if (!this.showing && !this.isWaitingAfterFailure) void this.showAll();
  }

  private async showAll(): Promise<void> {
    this.showing = true;
    let due = this.nextDue();
    while (due && (await this.showOne(due))) due = this.nextDue();
    this.showing = false;
    this.lookAgain(due ? this.retryMs : this.heldBackMs());
    this.isWaitingAfterFailure = due !== undefined;
    if (due) this.retryMs = Math.min(2 * this.retryMs, LONGEST_RETRY_MS);
  }

  private async showOne({ notice, shown, failed }: Due): Promise<boolean> {
    try {
      await this.options.show(notice);
    } catch (error) {
      this.tellUnshown(error);
      failed();
      return false;
    }
    shown();
    this.retryMs = FIRST_RETRY_MS;
    void this.save();
    return true;
  }

  private lookAgain(afterMs: number | undefined): void {
    this.cancelLook?.();
    if (afterMs === undefined) return;
    this.cancelLook = this.clock.after(Math.min(afterMs, HOUR_MS), () => {
      this.isWaitingAfterFailure = false;
      this.look();
    });
  }

  private nextDue(): Due | undefined {
    for (const event of NOTICE_EVENTS) {
      const due = this.dueWell(event) ?? (this.waitMs(event) > 0 ? undefined : this.dueNew(event));
      if (due) return due;
    }
    return undefined;
  }

  /** Ignores the limits: whoever was alarmed has to learn that it is over. */
  private dueWell(event: NoticeEvent): Due | undefined {
    const state = this.states[event];
    const ended = this.ended.get(event);
    if (!state.alarm || !ended) return undefined;
    const message = `${ended.message}, after ${inWords(ended.at - state.alarm.since)}.`;
    return this.due(event, { level: 'log', message, action: '' }, () => {
      state.alarm = undefined;
      this.ended.delete(event);
    });
  }

  private dueNew(event: NoticeEvent): Due | undefined {
    const state = this.states[event];
    const lasting = this.lasting.get(event);
    if (lasting && !state.alarm) {
      const { since } = lasting;
      const due = this.due(event, lasting, () => this.wasTold(state));
      // Set already now: the alarm may be over before it is shown.
      state.alarm = { since };
      const failed = (): void => {
        due.failed();
        state.alarm = undefined;
        if (this.ended.delete(event)) this.missed(event, since);
      };
      return { ...due, failed };
    }
    const wanted = this.wanted.get(event);
    if (!wanted || wanted.key === state.key) return undefined;
    return this.due(event, wanted, () => {
      state.key = wanted.key;
      this.wasTold(state);
    });
  }

  /** A notice, with a summary of what was left out before. */
  private due(event: NoticeEvent, { level, message, action }: NoticeText, shown: () => void): Due {
    const state = this.states[event];
    const { untold } = state;
    state.untold = undefined;
    const sum = summary(untold, this.clock.now());
    return {
      notice: { event, level, message: plainText(message) + sum, action: plainText(action) },
      shown,
      failed: () => {
        if (untold) this.missed(event, untold.since, untold.times);
      },
    };
  }

  private wasTold(state: EventState): void {
    state.toldAt = [...state.toldAt, this.clock.now()].slice(-MAX_A_DAY);
  }

  private missed(event: NoticeEvent, since: number, times = 1): void {
    const { untold } = this.states[event];
    this.states[event].untold = {
      times: times + (untold?.times ?? 0),
      since: Math.min(since, untold?.since ?? Infinity),
    };
  }

  /** For how much longer the limits hold an event back; 0 if they don't. */
  private waitMs(event: NoticeEvent): number {
    const now = this.clock.now();
    const state = this.states[event];
    // A clock that was set back must not hold anything back for longer than the limits do.
    state.toldAt = state.toldAt.map((at) => Math.min(at, now));
    const last = state.toldAt.at(-1) ?? -Infinity;
    const sixthLast = state.toldAt.at(-MAX_A_DAY) ?? -Infinity;
    return Math.max(0, last + HOUR_MS - now, sixthLast + DAY_MS - now);
  }

  /** Time until the first event held back may be told; undefined if none is held back. */
  private heldBackMs(): number | undefined {
    const waits = NOTICE_EVENTS.filter((event) => {
      const { alarm, key } = this.states[event];
      const wanted = this.wanted.get(event);
      return (this.lasting.has(event) && !alarm) || (wanted !== undefined && wanted.key !== key);
    }).map((event) => this.waitMs(event));
    return waits.length > 0 ? Math.min(...waits) : undefined;
  }

  /**
   * One write at a time: changes made meanwhile are written after it. If the store fails, the next change tries again.
   */
  private async save(): Promise<void> {
    this.unsaved = true;
    if (this.saving) return;
    this.saving = true;
    try {
      while (this.unsaved) {
        this.unsaved = false;
        await saveNotices(this.options.store, this.states, this.options.key);
      }
    } catch (error) {
      this.unsaved = true;
      this.tellUnsaved(error);
    }
    this.saving = false;
  }
}

/** A key may contain the page's token, which has no business in the store. */
function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}
