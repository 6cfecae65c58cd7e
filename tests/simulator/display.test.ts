import { expect } from 'chai';
import stringWidth from 'string-width';

import { duration, fit, tokens, withPrefix } from '../../cli/simulate/format';
import { renderReport } from '../../cli/simulate/tables';
import { LEDGER_DEFAULTS, type RunReport } from '../../simulator/index';

describe("the simulator's output", () => {
  it('shortens numbers, times and amounts', () => {
    expect(
      [0, 999, 1000, 7_912_345, 98_765_432, 3e17].map((value) => withPrefix(value)),
    ).to.deep.equal(['0', '999', '1.00 k', '7.91 M', '98.8 M', '300 P']);
    expect(withPrefix(123_456_789_012_345_678n)).to.equal('123 P');
    expect([1, 59_000, 60_001].map(duration)).to.deep.equal(['1 s', '59 s', '1 min 1 s']);
    expect([315_789_473, 999e9, 12_345e9].map(tokens)).to.deep.equal([
      '0.3158',
      '999.0000',
      '12.3 k',
    ]);
  });

  it('cuts lines to a width in columns, wide characters counted as two', () => {
    expect(fit('short', 5)).to.equal('short');
    expect(fit('longer', 5)).to.equal('lon..');
    for (const width of [10, 11]) {
      expect(stringWidth(fit('日本語'.repeat(9), width))).to.be.within(width - 1, width);
    }
  });

  it('fits 80 columns with 100 nodes, long keys and large numbers', () => {
    const key = (n: number) => `${n}`.padStart(44, 'W');
    const keys = Array.from({ length: 100 }, (_, n) => key(n));
    const round = {
      round: 1_000_000,
      submissions: keys.map((publicKey) => ({ publicKey, value: '', slot: 1, hashes: '9' })),
      auditVotes: keys.map((voter) => ({ voter, candidate: key(0), isValid: false, slot: 1 })),
      distributionLists: [0, 1, 2].map((n) => ({
        madeBy: key(97 + n),
        account: key(97 + n),
        submittedInRound: 1_000_002 + n,
        slot: 1,
        accepted: n === 2,
        outcome: n === 2 ? ('accepted' as const) : ('voted out' as const),
        amounts: {},
        payable: true,
        auditVotes: [],
      })),
      expectedListMakers: [],
      accepted: true,
      closed: true,
      payouts: { [key(0)]: 99_999_999_999_999 },
      listPenalties: {},
    };
    const report: RunReport = {
      taskId: key(0),
      taskName: 'Task',
      roundSeconds: 1,
      bountyPerRound: 1,
      ledger: LEDGER_DEFAULTS,
      interrupted: false,
      succeeded: true,
      failures: [],
      rounds: [round],
      nodes: keys.map((publicKey, n) => ({
        name: `node-${n + 1}`,
        publicKey,
        stakeBefore: 1,
        stakeAfter: 9_999_999_999_999,
        balance: 99_999_999_999_999,
        extraKeys: [],
        calls: {},
        exits: [],
        refusals: [],
        notices: [],
        log: '',
      })),
    };
    const summary = ['Hashes done', 'Estimated'].map((title) => ({
      title,
      ofSubmissions: () => '999.9 M',
    }));
    const lines = renderReport(report, summary).split('\n');
    expect(Math.max(...lines.map((line) => stringWidth(line)))).to.be.at.most(80);
    expect(lines.join('\n')).to.match(/node-100, 2 voted out/);
  });
});
