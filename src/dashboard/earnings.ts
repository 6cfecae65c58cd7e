import { sumOf } from '../history/paid-days';
import { dayOf, type RewardRow } from '../history/reward-days';
import type { MiningNode } from '../node';
import { relativeError } from '../proof/shares';
import type { EarningsStatus } from './update';

/** Four hours of rounds of eight minutes. */
const LAST_ROUNDS = 30;
const DAY_MS = 86_400_000;
/** How often the chain is asked about the account while a page is open: the answer is long. */
const REFRESH_MS = 120_000;

/** What the chain holds of this node's account, in ROE; null where it doesn't say. */
export interface AccountState {
  stakeRoe: bigint | null;
  minimumStakeRoe: bigint | null;
  claimableRoe: bigint | null;
}

/** Knows this node's account without making anybody wait: it is asked for in the background. */
export class AccountView {
  private known: AccountState | undefined;
  private askedAt = -Infinity;
  private asking = false;

  constructor(
    private readonly ask: () => Promise<AccountState>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** As of the last answer; undefined before the first. */
  get state(): AccountState | undefined {
    if (!this.asking && this.now() - this.askedAt >= REFRESH_MS) void this.refresh();
    return this.known;
  }

  private async refresh(): Promise<void> {
    this.asking = true;
    this.askedAt = this.now();
    try {
      this.known = await this.ask();
    } catch {
      // The node call that failed is counted where it was made; the next try comes by itself.
    } finally {
      this.asking = false;
    }
  }
}

/** What the node earns now. @param nowMs since 1970 */
export function earningsOf(
  { history, miner }: Pick<MiningNode, 'history' | 'miner'>,
  account: AccountState | undefined,
  nowMs: number,
): EarningsStatus {
  const { rewards } = history;
  const { paid } = rewards;
  const today = sumOf(rewards.ofDay(dayOf(nowMs)));
  const last = rewards.recent(LAST_ROUNDS);
  return {
    total: paid ? { roe: Number(paid.roe), rounds: paid.rounds, since: paid.since } : null,
    today: { roe: Number(today.roe), rounds: today.rounds },
    rounds:
      last.length === 0
        ? null
        : { first: last.at(-1)!.round, last: last[0]!.round, count: last.length },
    perDayRoe: perDay(last),
    networkShare: networkShare(last),
    expected: expected(last, miner.lastRound, miner.msLeft),
    account: account
      ? {
          stakeRoe: numberOrNull(account.stakeRoe),
          minimumStakeRoe: numberOrNull(account.minimumStakeRoe),
          claimableRoe: numberOrNull(account.claimableRoe),
        }
      : null,
  };
}

/** What a day of such rounds pays; null if none of them is known with its length. */
export function perDay(rows: readonly RewardRow[]): number | null {
  const known = rows.filter(({ roundMs, outcome }) => roundMs !== null && outcome !== 'unknown');
  const ms = known.reduce((sum, { roundMs }) => sum + roundMs!, 0);
  if (ms === 0) return null;
  return (known.reduce((sum, row) => sum + amountOf(row), 0) * DAY_MS) / ms;
}

/** The part of the hashes proven in some rounds that is this node's, 0..1; null if nobody proved any. */
export function networkShare(rows: readonly RewardRow[]): number | null {
  const all = rows.reduce((sum, { networkHashes }) => sum + Number(networkHashes), 0);
  const own = rows.reduce((sum, { hashes }) => sum + Number(hashes ?? 0), 0);
  return all === 0 ? null : own / all;
}

/**
 * What a round pays if the others prove what they usually do in a round, and this node goes on to the end of its mining
 * as it did so far. The relative error is that of the hashes proven so far.
 * @param rows of the last rounds, the newest first
 * @param msLeft of its mining: undefined if that is over, Infinity if nobody knows
 * @returns null before the first share, without a list of an earlier round, and while its end is not known
 */
export function expected(
  rows: readonly RewardRow[],
  round: MiningNode['miner']['lastRound'],
  msLeft: number | undefined,
): EarningsStatus['expected'] {
  const [newest] = rows;
  if (!newest || !round || round.shares.length === 0) return null;
  const whole = msLeft === undefined ? 1 : (round.minedMs + msLeft) / round.minedMs;
  if (!Number.isFinite(whole)) return null;
  const all = rows.reduce((sum, { networkHashes }) => sum + Number(networkHashes), 0);
  const own = rows.reduce((sum, { hashes }) => sum + Number(hashes ?? 0), 0);
  const others = (all - own) / rows.length;
  const mine = Number(round.estimatedHashes) * whole;
  return {
    roe: (Number(newest.bountyRoe) * mine) / (others + mine),
    relativeError: relativeError(round.origin.source, round.shares.length),
  };
}

/** As paid; as listed while that is open. */
function amountOf({ outcome, paidRoe, listedRoe }: RewardRow): number {
  return outcome === 'failed' ? 0 : Number(paidRoe ?? listedRoe);
}

function numberOrNull(roe: bigint | null): number | null {
  return roe === null ? null : Number(roe);
}
