import { z } from 'zod';
import type { Log } from '../process/log';
import { type KeyValueStore, readRecord } from '../store/store';

// How rewards are stored: the rows of a day in one record, the days of a year under keys that are used again.

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

/** The rows of a day, in their order; none if the record is of another day or unreadable. */
export async function readDay(store: KeyValueStore, log: Log, day: number): Promise<KeptReward[]> {
  if (day < 0) return [];
  const record = await readRecord(store, keyOf(day), daySchema, log);
  if (record?.day !== day) return [];
  return record.rows.map(fromTuple).filter(({ row }) => dayOf(row.at) === day);
}

/** The record of a day, for the store. */
export function writeDay(day: number, rows: readonly KeptReward[]): { key: string; value: string } {
  const record: DayRecord = { day, rows: rows.map(toTuple) };
  return { key: keyOf(day), value: JSON.stringify(record) };
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
