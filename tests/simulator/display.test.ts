import { expect } from 'chai';
import stringWidth from 'string-width';
import { labelled } from '../../cli/simulate/display';
import { renderReport, type ShownReport } from '../../cli/simulate/tables';
import { fit, printable } from '../../cli/simulate/terminal-text';
import { LEDGER_DEFAULTS, type RunReport } from '../../simulator';
import { shownReport } from '../cli/simulate/shown-report';

describe("the simulator's output", () => {
  it('cuts lines to a width in columns, wide characters counted as two', () => {
    expect(fit('short', 5)).to.equal('short');
    expect(fit('longer', 5)).to.equal('lon..');
    for (const width of [10, 11]) {
      expect(stringWidth(fit('日本語'.repeat(9), width))).to.be.within(width - 1, width);
    }
  });

  it('shows what would move the cursor, break the line or turn text round', () => {
    expect(printable('\x1b[31m\u202etxt\x9b\x7f\r\n\tüöß €\u{1f40b}')).to.equal(
      '\\x1b[31m\\u202etxt\\x9b\\x7f\\x0d\\x0a\\x09üöß €\u{1f40b}',
    );
  });

  it('gives each number its label where there are no columns, and nothing of what is not known', () => {
    const columns = ['Hashrate', 'Shares'];
    expect(labelled(columns, ['5.43 MH/s', '56'])).to.deep.equal([
      'hashrate 5.43 MH/s',
      'shares 56',
    ]);
    expect(labelled(columns, ['-', '-'])).to.deep.equal([]);
  });

  it('does not repeat at the end what is no warning', () => {
    const { nodes, ...rest } = shownReport(['KeyA']);
    expect(nodes[0]!.notices).to.have.length(1);
    expect(renderReport({ nodes, ...rest }, [])).not.to.include('http://');
  });

  it('lists the newest twenty notices of each node, whole', () => {
    const notice = (round: number) =>
      ({ round, level: 'warn', message: `${round} ${'x'.repeat(100)}`, action: '' }) as const;
    const of = (name: string, count: number) => ({
      name,
      publicKey: name,
      stakeBefore: 1,
      stakeAfter: 1,
      balance: 0,
      extraKeys: [],
      calls: {},
      exits: [],
      refusals: [],
      log: '',
      notices: Array.from({ length: count }, (_, round) => notice(round)),
    });
    const report = (...counts: number[]): RunReport => ({
      taskId: 'T',
      taskName: 'Task',
      roundSeconds: 1,
      bountyPerRound: 1,
      ledger: LEDGER_DEFAULTS,
      interrupted: false,
      succeeded: true,
      failures: [],
      rounds: [],
      nodes: counts.map((count, index) => of(`node-${index + 1}`, count)),
    });
    expect(renderReport(report(0, 0), [])).not.to.include('Warnings');
    const lines = renderReport(report(0, 22, 20), []).split('\n');
    const told = lines.slice(lines.indexOf('Warnings to the owners:') + 1);
    expect(told).to.have.length(1 + 20 + 20);
    expect(told[0]).to.equal('  node-2: 2 earlier, see --json or --report');
    expect(told[1]).to.equal(`  node-2, round 2, warn: 2 ${'x'.repeat(100)}`);
    expect(told[21]).to.match(/^ {2}node-3, round 0, warn: 0 x/);
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
    const report: ShownReport = {
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
        audits: { valid: 297, invalid: 297, abstained: 297, complete: false },
      })),
    };
    const summary = ['Hashes\ndone', 'Hashes\nestimated'].map((title) => ({
      title,
      ofSubmissions: () => '999.9 M',
    }));
    const lines = renderReport(report, summary).split('\n');
    expect(Math.max(...lines.map((line) => stringWidth(line)))).to.be.at.most(80);
    expect(lines.join('\n')).to.match(/node-100, 2 voted out/);
  });
});
