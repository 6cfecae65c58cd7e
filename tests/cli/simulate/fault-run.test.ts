import { expect } from 'chai';
import { brokenByFaults } from '../../../cli/simulate/fault-run';
import { renderReport } from '../../../cli/simulate/tables';
import { LEDGER_DEFAULTS, type Faults, type RunReport } from '../../../simulator';

// Two honest nodes, one of which mined on a seed from a lagging view of the chain.

type Mutable<T> = { -readonly [P in keyof T]: Mutable<T[P]> };

function run(): Mutable<RunReport> {
  const right = { A: 100, B: 0 };
  const list = (madeBy: string, outcome: string) => ({
    madeBy,
    account: madeBy,
    submittedInRound: 2,
    slot: 3,
    payable: true,
    accepted: outcome === 'accepted',
    outcome,
    amounts: { ...right },
    auditVotes: [],
  });
  const proof = (publicKey: string, valid: boolean) => ({
    publicKey,
    value: '',
    slot: 1,
    valid,
    estimatedHashes: valid ? '5' : '0',
  });
  return {
    taskId: '',
    taskName: '',
    roundSeconds: 1,
    bountyPerRound: 100,
    ledger: LEDGER_DEFAULTS,
    interrupted: false,
    succeeded: true,
    failures: [],
    rounds: [
      {
        round: 0,
        expectedListMakers: [],
        accepted: true,
        closed: true,
        listPenalties: {},
        submissions: [proof('A', true), proof('B', false)],
        auditVotes: [{ voter: 'A', candidate: 'B', isValid: false, slot: 2 }],
        distributionLists: [list('A', 'accepted'), list('B', 'not used')],
        payouts: right,
      },
    ],
    nodes: ['A', 'B'].map((publicKey) => ({
      name: `node ${publicKey}`,
      publicKey,
      stakeBefore: 10,
      stakeAfter: 10,
      balance: 0,
      exits: [],
      refusals: [],
      notices: [],
      extraKeys: [],
      calls: {},
      log: '',
    })),
  } as unknown as Mutable<RunReport>;
}

const findings = (
  change: (report: Mutable<RunReport>) => void,
  hadWrongView: Faults['hadWrongView'] = () => false,
): string => {
  const report = run();
  change(report);
  return brokenByFaults(report, new Set(['A', 'B']), hadWrongView).join('\n');
};
const against = (voter: string, candidate: string) => ({
  voter,
  candidate,
  isValid: false,
  slot: 4,
});

describe('what must hold under faults', () => {
  it('holds where an honest proof is invalid, and where a round goes unpaid', () => {
    expect(findings(() => undefined)).to.equal('');
    const unpaid = { accepted: false, distributionLists: [], payouts: {} };
    expect(findings(({ rounds }) => Object.assign(rounds[0]!, unpaid))).to.equal('');
  });

  it('does not where an honest node votes against a valid proof or a right list', () => {
    expect(findings(({ rounds }) => rounds[0]!.auditVotes.push(against('B', 'A')))).to.equal(
      'round 0: node B is honest and voted node A down',
    );
    const vote = ({ rounds }: Mutable<RunReport>) =>
      rounds[0]!.distributionLists[0]!.auditVotes.push(against('B', 'A'));
    expect(findings(vote)).to.equal(
      'round 0: node B is honest and voted the right list of node A down',
    );
    const wrongFor = (key: string, in_: number) => (publicKey: string, round: number) =>
      publicKey === key && round === in_;
    // It was shown another chain in the round in which the list was due: only in that round, and only it.
    expect(findings(vote, wrongFor('B', 2))).to.equal('');
    for (const other of [wrongFor('A', 2), wrongFor('B', 1)]) {
      expect(findings(vote, other)).to.match(/node B is honest/);
    }
    const onFalseOne = (report: Mutable<RunReport>) => {
      report.rounds[0]!.distributionLists[0]!.amounts = { A: 0, B: 100 };
      vote(report);
    };
    expect(findings(onFalseOne)).to.equal('');
  });

  it('does not where an honest node loses stake or ends unasked', () => {
    expect(findings(({ nodes }) => (nodes[0]!.stakeAfter = 9))).to.match(/node A .* lost stake/);
    const exit = { code: 1, signal: null, requested: false, round: 0 };
    expect(findings(({ nodes }) => nodes[1]!.exits.push(exit))).to.match(/node B ended with 1/);
  });
});

describe('the table of rounds', () => {
  it('tells which list was paid, and what became of the others', () => {
    const report = run();
    const [round] = report.rounds;
    expect(renderReport(report, [])).to.match(/node A, 1 more stand\s/);
    const [paid, other] = round!.distributionLists;
    round!.distributionLists = [paid!, other!, { ...other!, outcome: 'voted out' }];
    expect(renderReport(report, [])).to.match(/node A, 1 more stand, 1 voted out\s/);
    round!.distributionLists = [{ ...paid!, accepted: false, outcome: 'voted out' }];
    expect(renderReport(report, [])).to.match(/nobody, 1 voted out\s/);
  });
});
