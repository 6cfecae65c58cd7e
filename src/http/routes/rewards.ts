import type { Response, Router } from 'express';
import { z } from 'zod';
import { dayOf } from '../../history/reward-days';
import type { RewardRow } from '../../history/rewards';
import type { MiningNode } from '../../node';
import { parse } from '../errors';
import { text } from '../requests';
import { addResource, answer, type Mount } from '../resource';

const DAY = 'a day as 2026-12-31';
const day = text(/^\d{4}-\d\d-\d\d$/, DAY)
  .refine((of) => !Number.isNaN(Date.parse(of)), `expected ${DAY}`)
  .transform((of) => dayOf(Date.parse(of)));
const query = z.object({
  from: day.optional(),
  to: day.optional(),
  format: z.enum(['json', 'csv']).optional(),
});

const JSON_TYPE = 'application/json';
const CSV_TYPE = 'text/csv';

/** /rewards: what each round of the year was worth, oldest first, as JSON or CSV. Only on the side port. */
export function addRewards(
  router: Router,
  { history }: Pick<MiningNode, 'history'>,
  { limits }: Pick<Mount, 'limits'>,
): void {
  const get = answer(async (request, response) => {
    const { from, to, format } = parse(query, request.query);
    const type = request.accepts([JSON_TYPE, CSV_TYPE]);
    const isCsv = (format ?? (type === CSV_TYPE ? 'csv' : 'json')) === 'csv';
    response.set({ 'Cache-Control': 'no-store', Vary: 'Accept' });
    response.type(isCsv ? `${CSV_TYPE}; charset=utf-8; header=present` : JSON_TYPE);
    if (isCsv) response.attachment('orca-rewards.csv');
    if (request.method === 'HEAD') return void response.end();
    const days = history.rewards.days(from, to);
    await send(response, isCsv ? csvOf(days) : jsonOf(days));
  });
  addResource(router, '/rewards', { get: [limits.general, get] });
}

/** A round as programs and spreadsheets get it; null where something isn't known. */
function shown(row: RewardRow) {
  return {
    round_number: row.round,
    time: new Date(row.at).toISOString(),
    outcome: row.outcome,
    paid_tokens: row.paidRoe === null ? null : tokensOf(row.paidRoe),
    paid_roe: row.paidRoe,
    listed_tokens: tokensOf(row.listedRoe),
    listed_roe: row.listedRoe,
    bounty_tokens: tokensOf(row.bountyRoe),
    bounty_roe: row.bountyRoe,
    proven_hashes: row.hashes,
    network_hashes: row.networkHashes,
    proofs: row.proofs,
    valid_proofs: row.valid,
    round_seconds: row.roundMs === null ? null : row.roundMs / 1000,
    invalid_because: row.reason ?? null,
  };
}
type Shown = ReturnType<typeof shown>;

const COLUMNS: readonly (keyof Shown)[] = [
  'round_number',
  'time',
  'outcome',
  'paid_tokens',
  'paid_roe',
  'listed_tokens',
  'listed_roe',
  'bounty_tokens',
  'bounty_roe',
  'proven_hashes',
  'network_hashes',
  'proofs',
  'valid_proofs',
  'round_seconds',
  'invalid_because',
];

/** ROE as tokens, exact: "1500000000" is "1.5". */
export function tokensOf(roe: string): string {
  const sign = roe.startsWith('-') ? '-' : '';
  const digits = roe.slice(sign.length).padStart(10, '0');
  const decimals = digits.slice(-9).replace(/0+$/, '');
  return `${sign}${digits.slice(0, -9)}${decimals && `.${decimals}`}`;
}

async function* jsonOf(days: AsyncIterable<readonly RewardRow[]>): AsyncGenerator<string> {
  let begin = '{"rewards":[';
  for await (const rows of days) {
    yield begin + rows.map((row) => JSON.stringify(shown(row))).join(',');
    begin = ',';
  }
  yield begin === ',' ? ']}' : `${begin}]}`;
}

/** RFC 4180: a header, CRLF, and quotes around what would be read as something else. */
async function* csvOf(days: AsyncIterable<readonly RewardRow[]>): AsyncGenerator<string> {
  yield lineOf(COLUMNS);
  for await (const rows of days) {
    yield rows
      .map(shown)
      .map((row) => lineOf(COLUMNS.map((column) => row[column])))
      .join('');
  }
}

function lineOf(cells: readonly (string | number | null)[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`;
}

function cellOf(value: string | number | null): string {
  const cell = value === null ? '' : String(value);
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Sends text as fast as the client takes it, so that a year never lies in memory as a whole. */
async function send(response: Response, parts: AsyncIterable<string>): Promise<void> {
  try {
    for await (const part of parts) {
      if (response.destroyed) return;
      if (!response.write(part)) await drained(response);
    }
    response.end();
  } catch (error) {
    if (!response.headersSent) throw error;
    // What has gone out looks whole, unless the connection ends in the middle of it.
    response.destroy();
  }
}

function drained(response: Response): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
