import { expect } from 'chai';
import { WORK_SOURCE } from '../../src/consensus';
import {
  AccountView,
  earningsOf,
  expected,
  networkShare,
  perDay,
  type AccountState,
} from '../../src/dashboard/earnings';
import { Rewards, type RewardRow } from '../../src/history/rewards';
import type { MiningNode } from '../../src/node';
import { createLog } from '../../src/process/log';
import { MemoryStore } from '../fixtures/memory-store';
import { reward } from '../fixtures/rewards';
import { until } from '../fixtures/until';

const DAY_MS = 86_400_000;
const NOON = 20_000.5 * DAY_MS;

function row(round: number, changes: Partial<RewardRow> = {}): RewardRow {
  return { ...reward(round, 1_000_000_000), at: NOON, outcome: 'open', paidRoe: null, ...changes };
}

/** A round with so many shares, that proves so many hashes after so long. */
function mined(
  count: number,
  estimatedHashes: bigint,
  source: number = WORK_SOURCE.koii,
  minedMs = 480_000,
) {
  const round = { shares: { length: count }, estimatedHashes, origin: { source }, minedMs };
  return round as unknown as MiningNode['miner']['lastRound'];
}

describe('what a node earns', () => {
  it('is a day at the rate of the last rounds: as paid, as listed while open, and nothing for what failed', () => {
    const rows = [
      row(4),
      row(3, { outcome: 'paid', paidRoe: '3000000000' }),
      row(2, { outcome: 'failed', paidRoe: null }),
      row(1, { hashes: null, listedRoe: '0' }),
    ];
    // 4 tokens in 4 rounds of 8 minutes.
    expect(perDay(rows)).to.equal(180e9);
  });

  it('leaves out rounds whose payout or length nobody knows, and is not known without others', () => {
    const unknown = [row(2, { outcome: 'unknown' }), row(1, { roundMs: null })];
    expect(perDay(unknown)).to.equal(null);
    expect(perDay([])).to.equal(null);
    expect(perDay([row(3), ...unknown])).to.equal(180e9);
  });

  it('comes with its part of the hashes that the network proved, rounds without a proof too', () => {
    expect(networkShare([row(2), row(1, { hashes: null })])).to.equal(1 / 6);
    expect(networkShare([row(1, { networkHashes: '0', hashes: null })])).to.equal(null);
    expect(networkShare([])).to.equal(null);
  });

  it('is for this round its part if the others prove what they usually do, with the error of the own proof', () => {
    const rows = [row(2, { bountyRoe: '6000000000' }), row(1)];
    const full = expected(rows, mined(28, 1_000_000_000_000n), undefined);
    expect(full!.roe).to.equal(2e9);
    expect(full!.relativeError).to.equal(1 / Math.sqrt(26));
    const bitcoin = mined(20, 1n, WORK_SOURCE.bitcoin);
    expect(expected(rows, bitcoin, undefined)!.relativeError).to.equal(1 / Math.sqrt(18));
    expect(expected(rows, mined(9, 1n), undefined)!.relativeError).to.equal(1 / 3);
  });

  it('is the same for half of the network at any part of the round, with the error of what is proven so far', () => {
    const rows = [row(1, { networkHashes: '2000', hashes: '1000' })];
    for (const [percent, shares] of [
      [10, 4],
      [50, 20],
      [100, 28],
    ] as const) {
      const round = mined(shares, BigInt(10 * percent), WORK_SOURCE.koii, 4800 * percent);
      const now = expected(rows, round, 480_000 - round!.minedMs);
      expect(now!.roe).to.equal(1.5e9);
      expect(now!.relativeError).to.equal(1 / Math.sqrt(percent === 100 ? 26 : shares));
    }
  });

  it('counts what is left of the round for a node that began in its middle, and nothing more once its mining is over', () => {
    const rows = [row(1, { networkHashes: '2000', hashes: '1000' })];
    // In half of a round it proves 500, in a quarter 250.
    expect(expected(rows, mined(9, 250n, WORK_SOURCE.koii, 120_000), 120_000)!.roe).to.equal(1e9);
    expect(expected(rows, mined(9, 250n, WORK_SOURCE.koii, 120_000), undefined)!.roe).to.equal(6e8);
  });

  it('is the whole bounty of a round where nobody else proves anything', () => {
    const alone = [row(1, { hashes: '3000000000000' })];
    expect(expected(alone, mined(1, 5n), undefined)!.roe).to.equal(3e9);
  });

  it('is not known for a round without a share, or without a list of an earlier one, or before its times are known', () => {
    expect(expected([row(1)], undefined, undefined)).to.equal(null);
    expect(expected([row(1)], mined(0, 0n), 1000)).to.equal(null);
    expect(expected([], mined(28, 1n), 1000)).to.equal(null);
    expect(expected([row(1)], mined(28, 1n), Infinity)).to.equal(null);
    expect(expected([row(1)], mined(28, 1n, WORK_SOURCE.koii, 0), 1000)).to.equal(null);
  });

  it('adds up in all and today what was paid, and names the rounds of its rates', async () => {
    let now = NOON - DAY_MS;
    const rewards = await Rewards.open(new MemoryStore(), createLog('silent'), () => now);
    const miner = { lastRound: undefined } as MiningNode['miner'];
    const history = { rewards } as MiningNode['history'];
    const of = (account?: AccountState) => earningsOf({ history, miner }, account, now);
    expect(of()).to.deep.equal({
      total: null,
      today: { roe: 0, rounds: 0 },
      rounds: null,
      perDayRoe: null,
      networkShare: null,
      expected: null,
      account: null,
    });
    await rewards.addUp();
    rewards.add(reward(7, 5));
    rewards.settled(7, 'paid', 5n);
    now = NOON;
    rewards.add(reward(9, 6));
    rewards.settled(9, 'paid', 4n);
    rewards.add(reward(10, 7));
    const { total, today, rounds, account } = of({
      stakeRoe: 5n,
      minimumStakeRoe: null,
      claimableRoe: 0n,
    });
    expect(total).to.deep.equal({ roe: 9, rounds: 2, since: NOON - DAY_MS });
    expect(today).to.deep.equal({ roe: 4, rounds: 1 });
    expect(rounds).to.deep.equal({ first: 7, last: 10, count: 3 });
    expect(account).to.deep.equal({ stakeRoe: 5, minimumStakeRoe: null, claimableRoe: 0 });
  });
});

describe('the view of the account', () => {
  it('is asked for in the background, two minutes apart, and keeps what it knows when nobody answers', async () => {
    let now = 0;
    let asked = 0;
    const answer = { stakeRoe: 1n, minimumStakeRoe: 2n, claimableRoe: 3n };
    const view = new AccountView(
      () => (++asked === 2 ? Promise.reject(new Error('away')) : Promise.resolve(answer)),
      () => now,
    );
    expect(view.state).to.equal(undefined);
    await until(() => Promise.resolve(view.state !== undefined));
    expect(view.state).to.equal(answer);
    now = 119_999;
    expect([view.state, asked]).to.deep.equal([answer, 1]);
    now = 120_000;
    expect([view.state, asked]).to.deep.equal([answer, 2]);
    await new Promise(setImmediate);
    expect([view.state, asked]).to.deep.equal([answer, 2]);
  });
});
