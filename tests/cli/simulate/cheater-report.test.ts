import { expect } from 'chai';
import stringWidth from 'string-width';
import { renderCheaters } from '../../../cli/simulate/cheater-table';
import { planNodes } from '../../../cli/simulate/cheaters';
import { judge } from '../../../cli/simulate/judge';
import { LEDGER_DEFAULTS, type RunReport } from '../../../simulator/index';

// An honest node, a forger, a greedy list-maker and a worker that split its work, in one round.

const plan = planNodes(3, ['forge', 'greedy', 'split'], 10);
const keys = plan.map(({ name }) => `key of ${name}`);
const [a, b, c, forge, greedy, splitA, splitB] = keys as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];

const hashes = new Map([
  [a, 400],
  [b, 300],
  [c, 100],
  [forge, 0],
  [greedy, 100],
  [splitA, 50],
  [splitB, 50],
]);
const fair = { ...Object.fromEntries(hashes), [forge]: -7 };

const run: RunReport = {
  taskId: '',
  taskName: '',
  roundSeconds: 1,
  bountyPerRound: 1000,
  ledger: LEDGER_DEFAULTS,
  interrupted: false,
  succeeded: true,
  failures: [],
  rounds: [
    {
      round: 0,
      submissions: [...hashes].map(([publicKey, count]) => ({
        publicKey,
        value: '',
        slot: 1,
        valid: count > 0,
        ...(count === 0 && { reason: 'a reason' }),
        estimatedHashes: String(count * 1e6),
        hashesDone: count > 0 ? String(count * 1e6) : null,
      })),
      auditVotes: [
        { voter: a, candidate: forge, isValid: false, slot: 2 },
        { voter: greedy, candidate: b, isValid: false, slot: 2 },
      ],
      distributionLists: [
        {
          ...{ madeBy: greedy, account: greedy, payable: true },
          submittedInRound: 2,
          slot: 3,
          accepted: false,
          outcome: 'voted out',
          amounts: { ...Object.fromEntries(keys.map((key) => [key, 0])), [greedy]: 1000 },
          auditVotes: [a, b, c].map((voter) => ({
            voter,
            candidate: greedy,
            isValid: false,
            slot: 4,
          })),
        },
        {
          ...{ madeBy: b, account: b, payable: true },
          submittedInRound: 3,
          slot: 5,
          accepted: true,
          outcome: 'accepted',
          amounts: fair,
          auditVotes: [],
        },
      ],
      expectedListMakers: [
        { inRound: 2, publicKey: greedy },
        { inRound: 3, publicKey: b },
      ],
      accepted: true,
      closed: true,
      payouts: fair,
      listPenalties: {},
    },
  ],
  nodes: plan.map(({ name, stake }, index) => ({
    name,
    publicKey: keys[index]!,
    stakeBefore: stake,
    stakeAfter: stake + Math.min(0, fair[keys[index]!]!),
    balance: Math.max(0, fair[keys[index]!]!),
    exits: [],
    refusals: [],
    ...{ extraKeys: [], calls: {} },
    log: '',
  })),
};

describe('what the report says of cheaters', () => {
  const report = judge(run, plan);
  const of = (name: string) => report.cheaters.find((cheater) => cheater.name === name)!;

  it('is no failure where all were caught', () => {
    expect(report.failures).to.deep.equal([]);
    expect(report.cheaters.map(({ name }) => name)).to.deep.equal([
      'forge',
      'greedy',
      'split-a',
      'split-b',
    ]);
  });

  it('tells who found an invalid proof and what it cost', () => {
    expect(of('forge')).to.deep.include({ earned: 0, lost: 7, relativePay: null });
    expect(of('forge').submissions).to.deep.equal([
      {
        round: 0,
        valid: false,
        reason: 'a reason',
        votesFor: [],
        votesAgainst: ['node-1'],
        listMaker: 'node-2',
        paid: -7,
      },
    ]);
  });

  it('tells of false votes and dishonest lists', () => {
    expect(of('greedy').falseVotes).to.deep.equal([
      { round: 0, candidate: 'node-2', isValid: false, prevailed: true, paid: 300 },
    ]);
    expect(of('greedy').dishonestLists).to.deep.equal([
      {
        round: 0,
        selected: true,
        outcome: 'voted out',
        votesAgainst: ['node-1', 'node-2', 'node-3'],
        paidListBy: 'node-2',
      },
    ]);
  });

  it('tells of votes against right lists', () => {
    const round = run.rounds[0]!;
    const veto = { voter: greedy, candidate: b, isValid: false, slot: 6 };
    const distributionLists = round.distributionLists.map((list) => ({
      ...list,
      auditVotes: [...list.auditVotes, ...(list.madeBy === b ? [veto] : [])],
    }));
    const { cheaters } = judge({ ...run, rounds: [{ ...round, distributionLists }] }, plan);
    const [, { vetoes }] = cheaters as [unknown, (typeof cheaters)[0]];
    expect(vetoes).to.deep.equal([{ round: 0, listBy: 'node-2', outcome: 'accepted' }]);
    expect(renderCheaters(cheaters)).to.match(/1 vote against right/);
  });

  it('takes the two keys of a split worker together', () => {
    for (const name of ['split-a', 'split-b']) {
      expect(of(name).relativePay).to.be.closeTo(1, 1e-9);
    }
  });

  it('has what must never happen among its failures', () => {
    const [round] = run.rounds;
    const payouts = { ...fair, [forge]: 1 };
    const { succeeded, failures } = judge({ ...run, rounds: [{ ...round!, payouts }] }, plan);
    expect(succeeded).to.equal(false);
    expect(failures).to.deep.equal(['round 0: forge got 1 ROE for no valid proof']);
  });

  it('fits 80 columns', () => {
    const lines = renderCheaters(report.cheaters).split('\n');
    expect(Math.max(...lines.map((line) => stringWidth(line)))).to.be.at.most(80);
    expect(lines.join('\n'))
      .to.match(/1 invalid proof: none/)
      .and.to.match(/1 slashed/);
  });

  it('says so where an invalid proof went unaudited', () => {
    const unaudited = { ...run.rounds[0]!, auditVotes: [], payouts: { ...fair, [forge]: 0 } };
    const { cheaters } = judge({ ...run, rounds: [unaudited] }, plan);
    expect(renderCheaters(cheaters)).to.match(/1 not audited: no slash/);
  });
});
