import { expect } from 'chai';
import type { CheaterReport, CheaterSubmission } from '../../cli/simulate/cheater-report';
import { isValid, provenHashes } from '../../cli/simulate/fair-list';
import type { JudgedReport } from '../../cli/simulate/judge';
import { runWithCheaters } from '../fixtures/cheaters';
import { beforeTries, describeProcesses } from '../runner/describe-processes';

// One run with every cheater whose submissions are false, and one that must be paid for templates it made up: two
// rounds of work source koii, then two of bitcoin. The honest nodes mine koii throughout. The invariants
// (cli/simulate/invariants.ts) hold over it, or it has failures; these tests check that each cheater did try.

const ROUNDS = 4;

describeProcesses('nodes that lie in what they submit', function () {
  this.timeout(300_000);
  let report: JudgedReport;

  beforeTries(async () => {
    report = await runWithCheaters(
      6,
      [
        ...(['copy', 'forge', 'inflate', 'replay', 'premine', 'stale', 'malform'] as const),
        ...(['lazy', 'split', 'templates'] as const),
      ],
      { rounds: ROUNDS, roundSeconds: 12 },
    );
  });

  const cheater = (name: string): CheaterReport =>
    report.cheaters.find((each) => each.name === name)!;
  const invalid = ({ submissions }: CheaterReport): CheaterSubmission[] =>
    submissions.filter(({ valid }) => !valid);
  const reasons = (name: string) => invalid(cheater(name)).map(({ reason }) => reason);

  it('cost no honest node anything, and are paid for nothing they did not do', () => {
    expect(report.failures).to.deep.equal([]);
    expect(report.rounds.map(({ accepted }) => accepted)).to.deep.equal(
      Array<boolean>(ROUNDS).fill(true),
    );
  });

  const caught: [string, string, number, RegExp][] = [
    ['copy', "another node's proof", ROUNDS, /above the floor/],
    ['forge', 'random bytes', ROUNDS, /above the floor/],
    ['inflate', 'shares above the floor, and a share repeated', ROUNDS, /above the floor|twice/],
    // Its first proof of each work source is true.
    ['replay', 'a proof of an earlier round', ROUNDS - 2, /above the floor/],
    // The seeds of rounds 0 and 1 depend on no submission, so guessing them works.
    ['premine', 'a proof mined ahead', ROUNDS - 2, /above the floor/],
    ['stale', "a proof on another round's seed", ROUNDS, /above the floor/],
    // One of its proofs is longer than the ledger accepts.
    [
      ...(['malform', 'encodings that are not canonical', ROUNDS - 1] as const),
      /canonical|longer|segments are out of order or equal/,
    ],
  ];
  for (const [name, what, times, reason] of caught) {
    it(`${name} (${what}) is found out and unpaid`, () => {
      const { earned, due, lost } = cheater(name);
      const tried = invalid(cheater(name));
      // On a machine too busy to find a share, some have nothing to falsify in a round.
      expect(tried.length).to.be.within(1, times);
      for (const { paid } of tried) expect(paid).to.equal(0);
      for (const found of reasons(name)) expect(found).to.match(reason);
      expect(lost).to.equal(0);
      expect(earned).to.equal(due);
    });
  }

  it('have their valid proofs of both work sources paid alike, by what each proves', () => {
    const withBoth = report.rounds.filter(
      ({ submissions }) =>
        new Set(submissions.filter(isValid).map(({ workSource }) => workSource)).size === 2,
    );
    expect(withBoth).not.to.deep.equal([]);
    for (const { submissions, payouts } of report.rounds) {
      const valid = submissions.filter(isValid);
      const total = valid.reduce((sum, each) => sum + provenHashes(each), 0n);
      for (const each of valid) {
        const due = (BigInt(report.bountyPerRound) * provenHashes(each)) / total;
        expect(payouts[each.publicKey]).to.equal(Number(due));
      }
    }
  });

  it('templates: what it makes up is work like any other', () => {
    const { submissions, lost, earned, due, relativePay } = cheater('templates');
    expect(submissions).not.to.deep.equal([]);
    for (const { valid, paid } of submissions) {
      expect(valid).to.equal(true);
      expect(paid).to.be.above(0);
    }
    expect({ lost, earned }).to.deep.equal({ lost: 0, earned: due });
    // Four proofs of about twenty shares: a standard error of 12 %. The invariant is sharper.
    expect(relativePay).to.be.within(0.4, 2);
  });

  it('inflate: tries both a share above the floor and a repeated one', () => {
    expect(reasons('inflate').join()).to.match(/floor/).and.to.match(/twice/);
  });

  it('malform: the ledger refuses what is longer than 512 bytes', () => {
    expect(
      cheater('malform')
        .refusals.map(({ message }) => message)
        .join(),
    ).to.match(/512 bytes/);
  });

  it('lazy: few shares are paid as few, and nothing is paid for nothing', () => {
    const { submissions, lost, relativePay } = cheater('lazy');
    expect(submissions).not.to.deep.equal([]);
    for (const { round, valid } of submissions) {
      expect({ round: round % 2, valid }).to.deep.equal({ round: 1, valid: true });
    }
    expect(lost).to.equal(0);
    expect(relativePay).to.be.below(1);
  });

  it('split: two keys earn what their hashes are worth', () => {
    for (const name of ['split-a', 'split-b']) {
      expect(cheater(name).submissions.every(({ valid }) => valid)).to.equal(true);
      expect(cheater(name).lost).to.equal(0);
      // Four rounds of two proofs against 24 honest ones: a standard error of about 8 %. The invariant is sharper.
      expect(cheater(name).relativePay).to.be.within(0.5, 1.5);
    }
  });
});
