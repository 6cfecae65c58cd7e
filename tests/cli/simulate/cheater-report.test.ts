import { expect } from 'chai';
import stringWidth from 'string-width';
import { renderCheaters } from '../../../cli/simulate/cheater-table';
import { planNodes } from '../../../cli/simulate/cheaters';
import { costSentence } from '../../../cli/simulate/cost';
import { judge } from '../../../cli/simulate/judge';
import { LEDGER_DEFAULTS, type RunReport } from '../../../simulator';

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
const fair = Object.fromEntries(hashes);

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
          madeBy: greedy,
          account: greedy,
          payable: true,
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
          madeBy: b,
          account: b,
          payable: true,
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
    stakeAfter: stake,
    balance: fair[keys[index]!]!,
    exits: [],
    refusals: [],
    notices: [],
    extraKeys: [],
    calls: {},
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

  it('tells who found an invalid proof, and what it earned', () => {
    expect(of('forge')).to.deep.include({ earned: 0, due: 0, lost: 0, relativePay: null });
    expect(of('forge').submissions).to.deep.equal([
      {
        round: 0,
        valid: false,
        reason: 'a reason',
        votesFor: [],
        votesAgainst: ['node-1'],
        listMaker: 'node-2',
        paid: 0,
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
    expect(renderCheaters(cheaters, report.cost)).to.match(/1 vote against right/);
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
    const lines = renderCheaters(report.cheaters, report.cost).split('\n').slice(0, -1);
    expect(Math.max(...lines.map((line) => stringWidth(line)))).to.be.at.most(80);
    expect(lines.join('\n'))
      .to.match(/1 invalid proof: none/)
      .and.to.match(/1 false list: 1 voted/);
  });

  it('counts what further keys of an operator earned and named as its own', () => {
    const [round] = run.rounds;
    const extra = { publicKey: 'extra', stakeBefore: 10, stakeAfter: 10, balance: 5 };
    const list = { ...round!.distributionLists[0]!, madeBy: 'extra', account: 'extra' };
    const nodes = run.nodes.map((node) =>
      node.publicKey === greedy ? { ...node, extraKeys: [extra] } : node,
    );
    const distributionLists = [...round!.distributionLists, list];
    const { cheaters } = judge({ ...run, nodes, rounds: [{ ...round!, distributionLists }] }, plan);
    const found = cheaters.find(({ name }) => name === 'greedy')!;
    expect(found).to.include({ due: 100, earned: 105 });
    expect(found.dishonestLists).to.have.length(2);
  });

  it('says that the honest nodes lost nothing, where that is so', () => {
    expect(report.cost).to.deep.equal({
      roundsUnpaid: 0,
      honestShortfall: 0,
      honestStakeLost: 0,
    });
    expect(renderCheaters(report.cheaters, report.cost)).to.match(/paid in full, and lost no/);
  });

  it('says what a false list took from honest nodes, and what it gave', () => {
    const [round] = run.rounds;
    const payouts = { [greedy]: 1000, [a]: -3 };
    const nodes = run.nodes.map((node) => ({ ...node, balance: payouts[node.publicKey] ?? 0 }));
    const judged = judge({ ...run, nodes, rounds: [{ ...round!, payouts }] }, plan);
    expect(judged.cost).to.deep.equal({
      roundsUnpaid: 0,
      honestShortfall: 800,
      honestStakeLost: 3,
    });
    const thief = judged.cheaters.find(({ name }) => name === 'greedy')!;
    expect(thief).to.include({ due: 100, earned: 1000 });
    expect(costSentence({ roundsUnpaid: 0, honestShortfall: 8e8, honestStakeLost: 3e9 })).to.equal(
      'The honest nodes got 0.8000 tokens less than their proofs are worth, with no round unpaid, ' +
        'and lost 3.0000 of stake.',
    );
  });

  it('counts a round that nobody was paid for, once it is over', () => {
    const [round] = run.rounds;
    const unpaid = { ...round!, accepted: false, distributionLists: [], payouts: {} };
    expect(judge({ ...run, rounds: [unpaid] }, plan).cost).to.deep.equal({
      roundsUnpaid: 1,
      honestShortfall: 800,
      honestStakeLost: 0,
    });
    const open = { ...unpaid, closed: false };
    expect(judge({ ...run, rounds: [open] }, plan).cost).to.include({ roundsUnpaid: 0 });
  });
});
