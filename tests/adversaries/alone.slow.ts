import { expect } from 'chai';
import type { KindName } from '../../adversaries/kinds';
import type { CheaterReport } from '../../cli/simulate/cheater-report';
import type { JudgedReport } from '../../cli/simulate/judge';
import { parseLedgerOptions } from '../../simulator';
import { BRIEFLY, runWithCheaters } from '../fixtures/cheaters';
import { describeProcesses } from '../runner/describe-processes';

// Each cheater that aims at the payouts, alone among three honest nodes and, at the same time, among four, on ledgers
// that differ where K2's program is not public. The invariants (cli/simulate/invariants.ts) hold over each run, or it
// has failures.

const ROUNDS = 3;
const LENIENT = 'lenient';
const STRICT = 'strict,votes-by-stake';

type Check = (report: JudgedReport, cheater: CheaterReport) => void;

/** Every honest node voted each of its lists out. */
function falseLists(perRound: number): Check {
  return (report, { dishonestLists }) => {
    expect(dishonestLists).to.have.length(perRound * ROUNDS);
    const honest = report.nodes.map(({ name }) => name).filter((name) => /^node-/.test(name));
    for (const { outcome, votesAgainst } of dishonestLists) {
      expect(outcome).to.equal('voted out');
      expect(votesAgainst).to.include.members(honest);
    }
  };
}

const noFalseList: Check = (_report, { dishonestLists }) =>
  expect(dishonestLists).to.deep.equal([]);

/** It voted in each round, and voted nothing out. */
const vetoes: Check = (_report, cheater) => {
  expect(new Set(cheater.vetoes.map(({ round }) => round)).size).to.equal(ROUNDS);
  for (const { outcome } of cheater.vetoes) expect(outcome).not.to.equal('voted out');
};

/** A vote against came after every vote for, that is, after the last look. */
const lastVetoes: Check = (report, cheater) => {
  vetoes(report, cheater);
  const lists = report.rounds.flatMap(({ distributionLists }) => distributionLists);
  const last = lists.map(({ auditVotes }) => auditVotes.at(-1));
  expect(last.some((vote) => vote?.voter === cheater.publicKey && !vote.isValid)).to.equal(true);
};

const invalid: Check = (_report, { submissions }) => {
  expect(submissions.map(({ valid }) => valid)).to.deep.equal(Array<boolean>(ROUNDS).fill(false));
};

/** If the SDK selected it, nobody made the list when the SDK called. */
const silence: Check = (report, cheater) => {
  invalid(report, cheater);
  const { publicKey } = cheater;
  const selected = report.rounds.filter(({ expectedListMakers }) =>
    expectedListMakers.some((each) => each.publicKey === publicKey),
  );
  expect(selected).not.to.be.empty;
  for (const { distributionLists } of report.rounds) {
    expect(distributionLists.map(({ madeBy }) => madeBy)).not.to.include(publicKey);
  }
};

const stakeRace: Check = (report, cheater) => {
  invalid(report, cheater);
  const { stakeBefore, stakeAfter } = report.nodes.find(({ name }) => name === cheater.name)!;
  // 3 added and 2 taken in each of the rounds and the two after them.
  expect(stakeAfter - stakeBefore).to.equal(ROUNDS + 2);
};

const refused =
  (method: string): Check =>
  (report, cheater) => {
    noFalseList(report, cheater);
    expect(cheater.refusals.map((refusal) => refusal.method)).to.include(method);
  };

/** What each must have tried, on the most permissive ledger and on a strict one. */
const CASES: readonly [KindName, Check, Check?][] = [
  ['greedy', falseLists(1)],
  ['omit', falseLists(1)],
  ['overpay', falseLists(1)],
  ['slasher', falseLists(1)],
  ['two-faced', falseLists(1)],
  ['late-list', falseLists(1), refused('distributionListSubmissionOnChain')],
  ['rewrite', falseLists(1), refused('writeAccount')],
  ['flood', falseLists(21)],
  ['veto', vetoes],
  ['last-veto', lastVetoes],
  ['last-veto-idle', lastVetoes],
  ['silent', silence],
  ['stake-race', stakeRace],
  ['junk', invalid],
];

describeProcesses('one cheater alone', function () {
  this.timeout(180_000);

  for (const [kind, lenient, strict = lenient] of CASES) {
    it(`${kind}: takes nothing from three honest nodes, nor from four`, async () => {
      const options = { rounds: ROUNDS, roundSeconds: 6, variables: BRIEFLY };
      const run = (honest: number, ledger: string) =>
        runWithCheaters(honest, [kind], { ...options, ledger: parseLedgerOptions(ledger) });
      const [three, four] = await Promise.all([run(3, LENIENT), run(4, STRICT)]);
      for (const { failures, rounds, cost, cheaters } of [three, four]) {
        expect(failures).to.deep.equal([]);
        expect(rounds.every(({ accepted }) => accepted)).to.equal(true);
        expect(cost).to.deep.equal({ roundsUnpaid: 0, honestShortfall: 0, honestStakeLost: 0 });
        for (const { earned, due } of cheaters) expect(earned).to.equal(due);
      }
      for (const cheater of three.cheaters) lenient(three, cheater);
      for (const cheater of four.cheaters) strict(four, cheater);
    });
  }
});
