import { expect } from 'chai';
import { brokenInvariants, type Roles } from '../../../cli/simulate/invariants';
import { LEDGER_DEFAULTS, type RoundReport, type RunReport } from '../../../simulator';

// Two honest nodes and a forger, two rounds: in the first a wrong list was voted out and made again.

type Mutable<T> = { -readonly [P in keyof T]: Mutable<T[P]> };

const BOUNTY = 1000;
const roles: Roles = {
  honest: new Set(['A', 'B']),
  workers: [new Set(['S', 'T'])],
  unstoppable: new Set(),
};

const proof = (publicKey: string, hashes: number, fields: object = {}) => ({
  publicKey,
  value: '',
  slot: 1,
  valid: hashes > 0,
  estimatedHashes: String(hashes),
  hashesDone: String(hashes),
  ...fields,
});
const vote = (voter: string, candidate: string, isValid: boolean) => ({
  voter,
  candidate,
  isValid,
  slot: 2,
});
const node = (publicKey: string, balance: number, [stakeBefore, stakeAfter] = [10, 10]) => ({
  name: `node ${publicKey}`,
  publicKey,
  stakeBefore,
  stakeAfter,
  balance,
  exits: [],
  refusals: [],
  notices: [],
  extraKeys: [],
  calls: {},
  log: '',
});

const FAIR_0 = { A: 600, B: 300, F: 0, S: 50, T: 50 };
const FAIR_1 = { A: 500, B: 500, F: 0 };

function list(madeBy: string, amounts: Record<string, number>, inRound: number, outcome: string) {
  return {
    madeBy,
    account: madeBy,
    payable: true,
    submittedInRound: inRound,
    slot: 3,
    amounts: { ...amounts },
    accepted: outcome === 'accepted',
    outcome,
    auditVotes: [],
  };
}

function goodRun(): Mutable<RunReport> {
  const common = { expectedListMakers: [], accepted: true, closed: true };
  const rounds = [
    {
      ...common,
      round: 0,
      submissions: [
        proof('A', 600e6),
        proof('B', 300e6),
        proof('F', 0),
        proof('S', 50e6),
        proof('T', 50e6),
      ],
      auditVotes: [vote('A', 'F', false), vote('B', 'F', false), vote('F', 'A', false)],
      distributionLists: [
        list('F', { ...FAIR_0, A: 0, F: 600 }, 2, 'voted out'),
        list('A', FAIR_0, 3, 'accepted'),
      ],
      payouts: { ...FAIR_0 },
    },
    {
      ...common,
      round: 1,
      submissions: [proof('A', 400e6), proof('B', 400e6), proof('F', 0)],
      auditVotes: [vote('A', 'F', false)],
      distributionLists: [list('B', FAIR_1, 4, 'accepted')],
      payouts: { ...FAIR_1 },
    },
  ] as unknown as Mutable<RoundReport>[];
  return {
    taskId: '',
    taskName: '',
    roundSeconds: 1,
    bountyPerRound: BOUNTY,
    ledger: LEDGER_DEFAULTS,
    interrupted: false,
    succeeded: true,
    failures: [],
    rounds,
    nodes: [node('A', 1100), node('B', 800), node('F', 0), node('S', 50), node('T', 50)],
  };
}

const findings = (change: (run: Mutable<RunReport>) => void): string[] => {
  const run = goodRun();
  change(run);
  return brokenInvariants(run, roles);
};

describe('what must hold in every run', () => {
  it('holds where a cheater was caught', () => {
    expect(findings(() => undefined)).to.deep.equal([]);
  });

  const breaches: [string, (run: Mutable<RunReport>) => void, RegExp][] = [
    [
      'an honest node lost stake',
      (run) => (run.nodes[1]!.stakeAfter = 3),
      /node B is honest and lost 7 ROE of its stake/,
    ],
    [
      'an honest node was paid one ROE too little',
      (run) => (run.rounds[1]!.payouts['B'] = 499),
      /round 1: node B is honest and got 499 of 500 ROE/,
    ],
    [
      'an honest node was not paid at all',
      (run) => delete run.rounds[1]!.payouts['A'],
      /round 1: node A is honest and got 0 of 500 ROE/,
    ],
    [
      'an invalid proof was paid',
      (run) => (run.rounds[0]!.payouts['F'] = 1),
      /round 0: node F got 1 ROE for no valid proof/,
    ],
    [
      'somebody was paid who submitted nothing',
      (run) => (run.rounds[1]!.payouts['S'] = 1),
      /round 1: node S got 1 ROE for no valid proof/,
    ],
    [
      "an honest node's proof is invalid",
      (run) => Object.assign(run.rounds[1]!.submissions[0]!, proof('A', 0, { reason: 'why' })),
      /round 1: node A is honest, its proof invalid: why/,
    ],
    [
      'a wrong list was accepted',
      (run) => (run.rounds[1]!.distributionLists[0]!.amounts = { ...FAIR_1, B: 499 }),
      /round 1: the list by node B is wrong, and not voted out/,
    ],
    [
      'a list that leaves somebody out was accepted',
      (run) => delete run.rounds[1]!.distributionLists[0]!.amounts['F'],
      /round 1: the list by node B is wrong, and not voted out/,
    ],
    [
      'a list that takes from a stake was accepted',
      (run) => (run.rounds[1]!.distributionLists[0]!.amounts['F'] = -7),
      /round 1: the list by node B is wrong, and not voted out/,
    ],
    [
      'an account with no payable list was left standing',
      (run) => Object.assign(run.rounds[1]!.distributionLists[0]!, { payable: false }),
      /round 1: the list by node B is wrong, and not voted out/,
    ],
    [
      'an honest node was paid one ROE too much',
      (run) => (run.rounds[1]!.payouts['B'] = 501),
      /round 1: node B is honest and got 501 of 500 ROE/,
    ],
    [
      'a wrong list was left standing unused',
      (run) => (run.rounds[0]!.distributionLists[0]!.outcome = 'not used'),
      /round 0: the list by node F is wrong, and not voted out/,
    ],
    [
      'a right list was voted out',
      (run) => (run.rounds[0]!.distributionLists[0]!.amounts = { ...FAIR_0 }),
      /round 0: the list by node F is right, and voted out/,
    ],
    [
      'a round was never paid',
      (run) => Object.assign(run.rounds[1]!, { accepted: false, distributionLists: [] }),
      /round 1 was never paid/,
    ],
    [
      'nobody judged a proof',
      (run) => delete run.rounds[1]!.submissions[0]!['valid'],
      /round 1: 1 proofs were not judged/,
    ],
    [
      'an honest node proved far less than it did',
      (run) =>
        run.rounds.forEach(({ submissions }) => (submissions[1]!['hashesDone'] = '40000000000')),
      /node B is honest and did 80000000000 hashes, but was paid for 700000000/,
    ],
    [
      'a proof that was mined in an odd way is invalid',
      (run) => Object.assign(run.rounds[0]!.submissions[3]!, proof('S', 0, { reason: 'why' })),
      /round 0: node S works, its proof invalid: why/,
    ],
    [
      'work that was done in an odd way was not paid in full',
      (run) => (run.rounds[0]!.payouts['T'] = 49),
      /round 0: node T works and got 49 of 50 ROE/,
    ],
    [
      'it proved far less than was done',
      (run) =>
        run.rounds[0]!.submissions.slice(3).forEach((each) => (each['hashesDone'] = '1000000000')),
      /node S and node T did 2000000000 hashes, but was paid for 100000000/,
    ],
    [
      'splitting gained something',
      (run) =>
        run.rounds[0]!.submissions.slice(3).forEach((each) => (each['hashesDone'] = '10000000')),
      /node S and node T did 20000000 hashes, but was paid for 100000000/,
    ],
  ];
  for (const [name, change, message] of breaches) {
    it(`does not where ${name}`, () => {
      expect(findings(change).join('\n')).to.match(message);
    });
  }

  it('wants no more of a proof of work on Bitcoin than its best segments, by how often the tip changed', () => {
    const withTips = (tipChanges: number, fields: object = {}) =>
      findings((run) => {
        for (const round of run.rounds) {
          Object.assign(round, { tipChanges });
          const proofOfB = round.submissions[1]!;
          const hashesDone = String(10 * Number(proofOfB['estimatedHashes']) * 100);
          Object.assign(proofOfB, { hashesDone, workSource: 'bitcoin', ...fields });
        }
      });
    expect(withTips(2000)).to.deep.equal([]);
    expect(withTips(1).join()).to.match(/node B is honest and did .* but was paid for/);
    expect(withTips(2000, { workSource: 'koii' }).join()).to.match(/node B is honest and did/);
  });

  it('takes a list without a submission that came late for right, without another one not', () => {
    const without = (fields: object) =>
      findings((run) => {
        run.rounds[1]!.submissions.push(proof('L', 0, fields));
      });
    expect(without({ late: true })).to.deep.equal([]);
    expect(without({}).join()).to.match(/round 1: the list by node B is wrong/);
    const votedOut = (fields: object) =>
      findings(({ rounds: [, round] }) => {
        const [list] = round!.distributionLists;
        round!.submissions.push(proof('L', 0, fields));
        round!.distributionLists.push({ ...list!, amounts: { ...FAIR_1, L: 0 } });
        Object.assign(list!, { outcome: 'voted out', accepted: false });
      });
    expect(votedOut({ late: true })).to.deep.equal([]);
    expect(votedOut({})).to.deep.equal([]);
  });

  it('counts what nobody can stop as no failure, but for that alone', () => {
    const run = goodRun();
    const [round] = run.rounds;
    round!.distributionLists[0]!.outcome = 'accepted';
    round!.distributionLists[0]!.accepted = true;
    round!.payouts = { F: 600, B: 300, A: 0 };
    expect(brokenInvariants(run, roles)).to.have.length.above(2);
    expect(brokenInvariants(run, { ...roles, unstoppable: new Set(['F']) })).to.deep.equal([]);
    expect(brokenInvariants(run, { ...roles, unstoppable: new Set(['S']) })).not.to.be.empty;
  });

  it('has a ledger that pays each standing list pay the right one so many times', () => {
    const twice = (payouts: Record<string, number>) =>
      findings((run) => {
        const round = run.rounds[1]!;
        round.distributionLists.push({ ...round.distributionLists[0]!, madeBy: 'A', account: 'A' });
        round.payouts = payouts;
      });
    expect(twice({ A: 1000, B: 1000 })).to.deep.equal([]);
    expect(twice({ A: 1000, B: 500 })).to.have.length(1);
  });

  it('allows the estimate its noise', () => {
    const done = (factor: number) => (run: Mutable<RunReport>) => {
      for (const submission of run.rounds.flatMap(({ submissions }) => submissions)) {
        submission['hashesDone'] = String(Number(submission['estimatedHashes']) * factor);
      }
    };
    expect(findings(done(1.5))).to.deep.equal([]);
    expect(findings(done(0.7))).to.deep.equal([]);
  });

  it('allows an estimate of source bitcoin more noise than one of koii, for its fewer shares', () => {
    // Five standard errors of its two proofs: 84 % of the hashes where K is 20, 70 % where it is 28.
    const found = (workSource: string) =>
      findings((run) => {
        for (const submission of run.rounds.flatMap(({ submissions }) => submissions)) {
          const estimated = Number(submission['estimatedHashes']);
          const isOfB = submission.publicKey === 'B';
          const done = isOfB ? String(estimated / 0.24) : submission['hashesDone'];
          Object.assign(submission, { workSource, hashesDone: done });
        }
      });
    expect(found('bitcoin')).to.deep.equal([]);
    expect(found('koii').join()).to.match(/node B is honest and did/);
  });

  it('asks nothing of a round that a Ctrl-C cut short', () => {
    const cut = (run: Mutable<RunReport>) => {
      run.interrupted = true;
      const round = run.rounds[1]!;
      for (const submission of round.submissions) delete submission['valid'];
      Object.assign(round, { accepted: false, closed: false, distributionLists: [], payouts: {} });
    };
    expect(findings(cut)).to.deep.equal([]);
  });
});
