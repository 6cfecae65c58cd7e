import { expect } from 'chai';
import type { CheaterReport } from '../../cli/simulate/cheater-report';
import type { JudgedReport } from '../../cli/simulate/judge';
import { runWithCheaters } from '../fixtures/cheaters';

// One run with every cheater that lies in its votes or its lists, and a forger for them to vote for.

const LIST_MAKERS = ['greedy', 'omit', 'overpay'] as const;

describe('nodes that lie in their votes and lists', function () {
  this.timeout(300_000);
  let report: JudgedReport;

  before(async () => {
    report = await runWithCheaters(4, ['forge', 'vote-down', 'vote-up', 'veto', ...LIST_MAKERS], {
      rounds: 2,
      roundSeconds: 10,
      // Nobody else has a list of round 0 when it is due first: so it is the dishonest ones that decide.
      changeMethods: (methods, { name }) => ({
        ...methods,
        uploadDistributionList: (list, round) => {
          const isAway = !LIST_MAKERS.some((maker) => maker === name);
          if (isAway && round === 0 && methods['getRound']!() === 2) throw new Error('away');
          return methods['uploadDistributionList']!(list, round);
        },
      }),
    });
  });

  const cheater = (name: string): CheaterReport =>
    report.cheaters.find((each) => each.name === name)!;

  it('cost no honest node anything', () => {
    expect(report.failures).to.deep.equal([]);
  });

  for (const name of LIST_MAKERS) {
    it(`${name}: its list is voted out by every honest node, and pays nobody`, () => {
      const list = cheater(name).dishonestLists.find(({ round }) => round === 0)!;
      expect(list.outcome).to.equal('voted out');
      expect(list.votesAgainst).to.include.members(['node-1', 'node-2', 'node-3', 'node-4']);
    });
  }

  it('overpay: the ledger refuses a list that pays more than the bounty', () => {
    const messages = cheater('overpay').refusals.map(({ message }) => message);
    expect(messages.join()).to.match(/the list pays \d+ ROE of \d+/);
  });

  it('has the next list-maker pay what is right', () => {
    const [round] = report.rounds;
    const paid = round!.distributionLists.find(({ accepted }) => accepted)!;
    expect(paid.submittedInRound).to.be.above(2);
    expect(LIST_MAKERS.map((name) => cheater(name).publicKey)).not.to.include(paid.madeBy);
    expect(round!.payouts).to.deep.equal(paid.amounts);
  });

  it('veto: votes against right lists fell none of them', () => {
    const { vetoes } = cheater('veto');
    expect(vetoes).not.to.be.empty;
    for (const { outcome } of vetoes) expect(outcome).to.equal('accepted');
  });

  it('vote-down: votes against valid proofs take nobody a reward or stake', () => {
    const { falseVotes } = cheater('vote-down');
    expect(falseVotes.filter(({ isValid }) => !isValid)).to.have.length.above(2 * 4 - 1);
    for (const { paid } of falseVotes) expect(paid).to.be.above(0);
  });

  it('vote-up: votes for an invalid proof get it no reward', () => {
    const { falseVotes } = cheater('vote-up');
    expect(
      falseVotes.filter(({ isValid }) => isValid).map(({ candidate }) => candidate),
    ).to.include('forge');
    for (const { paid } of falseVotes) expect(paid).to.be.at.most(0);
    expect(cheater('forge').earned).to.equal(0);
  });
});
