import { z } from 'zod';
import type { Log } from '../process/log';
import { type KeyValueStore, readRecord } from '../store/store';

// How rewards are stored: the rows of a day in one record, the days of a year under keys that are used again. While a
// machine's clock is wrong, a day of another year may come to a key: rows of days to come are never taken for expired.

const DAY_MS = 86_400_000;
/** A leap year, and the day that runs. */
export const DAYS_KEPT = 367;
/** More than are ever written. */
const MAX_ROWS = 2_000;
const MAX_REASON_CHARS = 200;

/**
 * How a round's payout ended; `failed`: all lists were voted out, or nobody handed one in; `unknown`: the chain forgot it
 * before anybody could see.
 */
export const OUTCOMES = ['open', 'paid', 'failed', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What a round was worth to this node. Amounts and hashes are whole numbers in decimal. */
export interface RewardRow {
  round: number;
  /** When this node first computed its list, ms since 1970. */
  at: number;
  /** What the round's submitters share. */
  bountyRoe: string;
  /** Proofs of the round, and how many of them were valid. */
  proofs: number;
  valid: number;
  /** What the valid proofs prove together. */
  networkHashes: string;
  /** The length of a round by the chain's slots; null where the chain didn't tell. */
  roundMs: number | null;
  /** What this node's proof proves; null without a valid proof of its own. */
  hashes: string | null;
  /** Why this node's own proof is invalid. */
  reason?: string;
  /** This node's part in its own list; negative where that fines it. */
  listedRoe: string;
  outcome: Outcome;
  /** What the list that was paid gives this node; null while that is not known. */
  paidRoe: string | null;
}

/** A row as it is kept. */
export interface KeptReward {
  row: RewardRow;
  /** The most that any list computed for the round paid, from 0: so much was counted. */
  mostRoe: bigint;
  /** Whether it is from before a network reset, so that its number may mean another round now. */
  isForgotten: boolean;
}

const count = z.number().int().nonnegative();
const decimal = z.string().regex(/^\d{1,40}$/);
const amount = z.string().regex(/^-?\d{1,20}$/);

/** A row in its order of storing: 64,000 of them are kept, in a store that lies in memory. */
const tupleSchema = z.tuple([
  count.describe('round'),
  count.describe('at'),
  amount.describe('bountyRoe'),
  count.describe('proofs'),
  count.describe('valid'),
  decimal.describe('networkHashes'),
  count.nullable().describe('roundMs'),
  decimal.nullable().describe('hashes'),
  z.string().max(MAX_REASON_CHARS).nullable().describe('reason'),
  amount.describe('listedRoe'),
  z.enum(OUTCOMES).describe('outcome'),
  amount.nullable().describe('paidRoe'),
  decimal.describe('mostRoe'),
  z.boolean().describe('isForgotten'),
]);

/** The day is the one that was written last; each row says by its time which it is of. */
const daySchema = z.strictObject({ day: count, rows: z.array(tupleSchema).max(MAX_ROWS) });
type DayRecord = z.infer<typeof daySchema>;

/** Days since 1970, in UTC. @param at ms since 1970 */
export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}

/** The moment a day began, ms since 1970. */
export function startOf(day: number): number {
  return day * DAY_MS;
}

/** The rows of a day, in their order; none if its record is unreadable. @throws what the store throws */
export async function readDay(store: KeyValueStore, log: Log, day: number): Promise<KeptReward[]> {
  if (day < 0) return [];
  return (await readRows(store, log, day)).filter(({ row }) => dayOf(row.at) === day);
}

/**
 * Stores all rows of a day in the place of those it had.
 * @param rows at most 1,000
 * @throws what the store throws
 */
export async function writeDay(
  store: KeyValueStore,
  log: Log,
  day: number,
  rows: readonly KeptReward[],
): Promise<void> {
  const later = (await readRows(store, log, day)).filter(({ row }) => dayOf(row.at) > day);
  const kept = [...later.slice(rows.length - MAX_ROWS), ...rows];
  const record: DayRecord = { day, rows: kept.map(toTuple) };
  await store.set(keyOf(day), JSON.stringify(record));
}

/**
 * The one row of a round that was stored, and added again by a process that did not know of it.
 * @returns undefined where they are of two rounds: of two networks, since the one before was reset
 */
export function united(stored: KeptReward, again: KeptReward): KeptReward | undefined {
  const { bountyRoe, proofs, at } = stored.row;
  const { row } = again;
  if (stored.isForgotten || row.bountyRoe !== bountyRoe || row.proofs !== proofs) return undefined;
  const { outcome, paidRoe } = row.outcome === 'open' ? stored.row : row;
  return {
    row: { ...row, at, outcome, paidRoe },
    mostRoe: stored.mostRoe > again.mostRoe ? stored.mostRoe : again.mostRoe,
    isForgotten: false,
  };
}

async function readRows(store: KeyValueStore, log: Log, day: number): Promise<KeptReward[]> {
  const record = await readRecord(store, keyOf(day), daySchema, log);
  return record?.rows.map(fromTuple) ?? [];
}

function keyOf(day: number): string {
  return `rewards:${day % DAYS_KEPT}`;
}

function toTuple({ row, mostRoe, isForgotten }: KeptReward): z.infer<typeof tupleSchema> {
  return [
    row.round,
    row.at,
    row.bountyRoe,
    row.proofs,
    row.valid,
    row.networkHashes,
    row.roundMs,
    row.hashes,
    row.reason?.slice(0, MAX_REASON_CHARS) ?? null,
    row.listedRoe,
    row.outcome,
    row.paidRoe,
    String(mostRoe),
    isForgotten,
  ];
}

function fromTuple(tuple: z.infer<typeof tupleSchema>): KeptReward {
  const [round, at, bountyRoe, proofs, valid, networkHashes, roundMs, hashes, reason] = tuple;
  const [, , , , , , , , , listedRoe, outcome, paidRoe, mostRoe, isForgotten] = tuple;
  return {
    row: {
      round,
      at,
      bountyRoe,
      proofs,
      valid,
      networkHashes,
      roundMs,
      hashes,
      ...(reason !== null && { reason }),
      listedRoe,
      outcome,
      paidRoe,
    },
    mostRoe: BigInt(mostRoe),
    isForgotten,
  };
}
