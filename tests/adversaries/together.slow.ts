import { expect } from 'chai';
import type { KindName } from '../../adversaries/kinds';
import type { CheaterReport } from '../../cli/simulate/cheater-report';
import { BRIEFLY, runWithCheaters } from '../fixtures/cheaters';
import { describeProcesses } from '../runner/describe-processes';

// Cheaters that aim at the payouts, all at the same time.

const NO_COST = { roundsUnpaid: 0, honestShortfall: 0, honestStakeLost: 0 };

describeProcesses('all that are after the payouts together', function () {
  this.timeout(300_000);
  const ROUNDS = 3;
  // One key each, except junk's two. Flood's keys that only name lists don't count, as they don't vote.
  const KINDS: readonly KindName[] = [
    ...(['greedy', 'omit', 'overpay', 'slasher', 'two-faced', 'late-list', 'rewrite'] as const),
    ...(['flood', 'veto', 'last-veto', 'last-veto-idle', 'silent', 'stake-race', 'junk'] as const),
  ];

  // One test, so that a second try is another run.
  it('cost one honest node more than they are nothing, and each gets what its valid proofs are worth, though it tried', async () => {
    const cheatingKeys = KINDS.length + 1;
    const report = await runWithCheaters(cheatingKeys + 1, KINDS, {
      rounds: ROUNDS,
      roundSeconds: 16,
      // Thirty-one processes: two seconds of mining may find nothing.
      variables: { MINING_SECONDS: '6', MINING_INTENSITY: '40' },
    });
    expect(report.failures).to.deep.equal([]);
    expect(report.rounds.map(({ accepted }) => accepted)).to.deep.equal([true, true, true]);
    expect(report.cost).to.deep.equal(NO_COST);
    for (const { name, earned, due } of report.cheaters) expect(earned, name).to.equal(due);
    const tried = ({ dishonestLists, vetoes, submissions }: CheaterReport) =>
      dishonestLists.length + vetoes.length + submissions.filter(({ valid }) => !valid).length;
    for (const cheater of report.cheaters) expect(tried(cheater), cheater.name).to.be.above(0);
  });
});

describeProcesses('a silent maker and a veto in the last slot', function () {
  this.timeout(300_000);
  const ROUNDS = 10;

  it('leave no round of ten unpaid, whether or not the vetoer has a cheap valid proof', async () => {
    const run = (veto: KindName) =>
      runWithCheaters(3, ['silent', veto], {
        rounds: ROUNDS,
        roundSeconds: 6,
        variables: BRIEFLY,
      });
    for (const report of await Promise.all([run('last-veto'), run('last-veto-idle')])) {
      expect(report.failures).to.deep.equal([]);
      expect(report.rounds.map(({ accepted }) => accepted)).to.deep.equal(
        Array<boolean>(ROUNDS).fill(true),
      );
      expect(report.cost).to.deep.equal(NO_COST);
      const [silent, vetoer] = report.cheaters;
      expect(silent).to.include({ earned: 0 });
      expect(vetoer!.earned).to.equal(vetoer!.due);
      const { publicKey } = silent!;
      const selected = report.rounds.filter(({ expectedListMakers }) =>
        expectedListMakers.some((each) => each.publicKey === publicKey),
      );
      expect(selected).to.have.length.above(ROUNDS / 2);
      expect(new Set(vetoer!.vetoes.map(({ round }) => round)).size).to.be.above(ROUNDS / 2);
    }
  });
});

describeProcesses('cheaters that no rule of a task can stop', function () {
  this.timeout(300_000);
  const ROUNDS = 4;

  const run = (kind: KindName, lateSubmissions: boolean) =>
    runWithCheaters(4, [kind], {
      rounds: ROUNDS,
      roundSeconds: 6,
      variables: BRIEFLY,
      ledger: { lateSubmissions },
    });

  it('cost no stake and no round, and the run tells what they took', async () => {
    const reports = await Promise.all([run('rewrite-late', false), run('late-submission', true)]);
    for (const { failures, rounds, cost } of reports) {
      expect(failures).to.deep.equal([]);
      expect(rounds.every(({ accepted }) => accepted)).to.equal(true);
      expect(cost).to.include({ roundsUnpaid: 0, honestStakeLost: 0 });
    }
    const [rewrite, late] = reports.map(({ cheaters }) => cheaters[0]!);
    // A busy machine may make its list come too late for a round.
    expect(rewrite!.dishonestLists).to.have.length.above(ROUNDS / 2);
    // It is paid exactly if its list was named before all right ones.
    const paid = rewrite!.dishonestLists.filter(({ outcome }) => outcome === 'accepted').length;
    expect(rewrite!.earned > rewrite!.due).to.equal(paid > 0);
    expect(reports[0].cost.honestShortfall > 0).to.equal(paid > 0);
    expect(late!.submissions).to.have.length.above(0);
    expect(late).to.include({ earned: 0, due: 0 });
  });
});
