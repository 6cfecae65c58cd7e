import { z } from 'zod';
import type { Log } from '../process/log';
import { type KeyValueStore, readRecord, storedCount } from '../store/store';

// Notices: which events they report, how they are worded, and what the store remembers of those shown.

/** The record in the store of what the node showed. */
const KEY = 'notices';

/** Longest message or action, in characters, before a summary is appended. */
const MAX_CHARS = 250;

/** Control characters, marks that reverse text or are invisible, line breaks, lone surrogates. */
const NOT_PLAIN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const UNITS = [
  ['day', DAY_MS],
  ['hour', HOUR_MS],
  ['minute', MINUTE_MS],
  ['second', 1000],
] as const;

/** What an owner is told about. The store has these names. */
export const NOTICE_EVENTS = [
  'address',
  'first reward',
  'newer task',
  'mining',
  'store',
  'proof',
  'reward',
  'worker',
  'best',
  'bitcoin block',
  'refused block',
  'unanswered block',
  'bitcoin work',
  'bitcoin node',
] as const;
export type NoticeEvent = (typeof NOTICE_EVENTS)[number];

/** The text of a notice. The message must make sense alone: some places show it without the action. */
export interface NoticeText {
  /** An error with an action stays until the owner closes it; anything else disappears by itself. */
  level: 'log' | 'warn' | 'error';
  message: string;
  /** What to do, in a few words; empty where there is nothing to do. */
  action: string;
}

export interface Notice extends NoticeText {
  event: NoticeEvent;
}

/** Occurrences that got no notice of their own. */
export interface Untold {
  times: number;
  /** When the first of them happened, in ms since 1970. */
  since: number;
}

/** One line of at most 250 characters, with nothing in it that whatever shows it could interpret. */
export function plainText(text: string): string {
  const characters = [...text.replace(NOT_PLAIN, ' ').trim()];
  if (characters.length <= MAX_CHARS) return characters.join('');
  return `${characters.slice(0, MAX_CHARS - 1).join('')}…`;
}

/** "3 minutes", "2 hours 5 minutes": the largest unit that fits, and the one below it. */
export function inWords(ms: number): string {
  let leftMs = Math.max(ms, 1000);
  const first = UNITS.findIndex(([, unitMs]) => leftMs >= unitMs);
  return UNITS.slice(first, first + 2)
    .map(([unit, unitMs]) => {
      const times = Math.floor(leftMs / unitMs);
      leftMs -= times * unitMs;
      return times === 0 ? '' : `${times} ${unit}${times === 1 ? '' : 's'}`;
    })
    .join(' ')
    .trim();
}

/** "(9 more times since 14:05)", with the date unless it was today; empty where nothing is untold. */
export function summary(untold: Untold | undefined, now: number): string {
  if (!untold) return '';
  const at = new Date(untold.since);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} `;
  const isToday = at.toDateString() === new Date(now).toDateString();
  const since = `${isToday ? '' : day}${two(at.getHours())}:${two(at.getMinutes())}`;
  return ` (${untold.times} more ${untold.times === 1 ? 'time' : 'times'} since ${since})`;
}

const eventSchema = z.strictObject({
  /** When it was told, newest last: as many times as the limits need. */
  toldAt: z.array(storedCount).max(16),
  /** Identifies what was told last, for events that are told once each. */
  key: z.string().max(64).optional(),
  /** An alarm that was told, until its end is told too. When it ended is not kept: the next process sees for itself. */
  alarm: z.strictObject({ since: storedCount }).optional(),
  untold: z.strictObject({ times: storedCount, since: storedCount }).optional(),
});
/** What is remembered of an event over a restart. Times are in ms since 1970. */
export type EventState = z.infer<typeof eventSchema>;
export type EventStates = Record<NoticeEvent, EventState>;

const recordSchema = z.record(z.string(), z.unknown());

/** What earlier processes told. An event whose record is garbage or can't be read counts as never told. */
export async function loadNotices(store: KeyValueStore, log: Log, key = KEY): Promise<EventStates> {
  const record = await readRecord(store, key, recordSchema, log).catch((error: unknown) => {
    log.warn({ error }, 'which notices were shown before is not known');
    return undefined;
  });
  const states = NOTICE_EVENTS.map((event): [NoticeEvent, EventState] => {
    const { data } = eventSchema.safeParse(record?.[event]);
    return [event, data ?? { toldAt: [] }];
  });
  return Object.fromEntries(states) as EventStates;
}

/** @throws when it could not be written */
export function saveNotices(store: KeyValueStore, states: EventStates, key = KEY): Promise<void> {
  return store.set(key, JSON.stringify(states));
}
