import { expect } from 'chai';
import type { CheaterReport } from '../../cli/simulate/cheater-report';
import type { JudgedReport } from '../../cli/simulate/judge';
import { runWithCheaters } from '../fixtures/cheaters';
import { beforeTries, describeProcesses } from '../runner/describe-processes';

// One run with every cheater that votes falsely on submissions, and a forger for them to vote for.

describeProcesses('nodes that lie in their votes on submissions', function () {
  this.timeout(300_000);
  let report: JudgedReport;

  beforeTries(async () => {
    report = await runWithCheaters(4, ['forge', 'vote-down', 'vote-up'], {
      rounds: 2,
      roundSeconds: 8,
    });
  });

  const cheater = (name: string): CheaterReport =>
    report.cheaters.find((each) => each.name === name)!;

  it('cost no honest node anything', () => {
    expect(report.failures).to.deep.equal([]);
  });

  it('vote-down: votes against valid proofs take nobody a reward', () => {
    const { falseVotes } = cheater('vote-down');
    expect(falseVotes.filter(({ isValid }) => !isValid)).to.have.length.above(2 * 4 - 1);
    for (const { paid } of falseVotes) expect(paid).to.be.above(0);
  });

  it('vote-up: votes for an invalid proof get it no reward', () => {
    const { falseVotes } = cheater('vote-up');
    expect(
      falseVotes.filter(({ isValid }) => isValid).map(({ candidate }) => candidate),
    ).to.include('forge');
    for (const { paid } of falseVotes) expect(paid).to.equal(0);
    expect(cheater('forge').earned).to.equal(0);
  });
});
