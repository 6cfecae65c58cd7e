import { z } from 'zod';
import type { Log } from '../log';
import type { KeyValueStore } from '../rounds/key-value-store';
import { readRecord } from '../rounds/read-record';
import { storedCount } from '../rounds/stored-count';
import { NOTICE_EVENTS, type NoticeEvent } from './notice';

const KEY = 'notices';

const eventSchema = z.strictObject({
  /** When it was told, the newest last: as many times as the limits look back on. */
  toldAt: z.array(storedCount).max(16),
  /** What tells the last thing told from another, where an event is told once. */
  key: z.string().max(64).optional(),
  /** An alarm that was told, while its end was not. When it ended is not kept: the next process looks for itself. */
  alarm: z.strictObject({ since: storedCount }).optional(),
  untold: z.strictObject({ times: storedCount, since: storedCount }).optional(),
});
/** What is known of an event beyond a restart. Times are in ms since 1970. */
export type EventState = z.infer<typeof eventSchema>;
export type EventStates = Record<NoticeEvent, EventState>;

const recordSchema = z.record(z.string(), z.unknown());

/** What earlier processes told. What is unreadable, or can't be read now, counts as never told. */
export async function loadNotices(store: KeyValueStore, log: Log): Promise<EventStates> {
  const record = await readRecord(store, KEY, recordSchema, log).catch((error: unknown) => {
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
export function saveNotices(store: KeyValueStore, states: EventStates): Promise<void> {
  return store.set(KEY, JSON.stringify(states));
}
