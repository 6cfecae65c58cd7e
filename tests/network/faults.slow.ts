import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';
import { brokenByFaults } from '../../cli/simulate/fault-run';
import { Faults } from '../../simulator';
import { startTaskNetwork } from '../fixtures/network';
import { describeProcesses } from '../runner/describe-processes';

const ROOT = path.join(__dirname, '../..');
const NODES = 4;
const ROUNDS = 4;

describeProcesses('faults of every kind in a network', function () {
  this.timeout(300_000);

  it('make no honest node end, vote down what is right or lose stake', async () => {
    const roundSeconds = 12;
    const faults = new Faults({ seed: 'tests', roundSeconds });
    const network = await startTaskNetwork({
      nodes: NODES,
      rounds: ROUNDS,
      roundSeconds,
      changeMethods: faults.changeMethods,
      variables: { MINING_INTENSITY: '50' },
    });
    faults.start(network);
    const report = await network.finished;
    expect(
      brokenByFaults(
        report,
        new Set(report.nodes.map((node) => node.publicKey)),
        faults.hadWrongView,
      ),
    ).to.deep.equal([]);
    expect(faults.counts.size).to.be.greaterThan(5);
    // Most rounds of most nodes succeed; which ones don't is chance.
    const submissions = report.rounds.flatMap((round) => round.submissions);
    expect(submissions.length).to.be.greaterThan((NODES * ROUNDS) / 2);
    await network.dispose();
  });

  it('leave memory, handles and files flat', () => {
    const run = spawnSync(
      process.execPath,
      ['--import', 'tsx', path.join(ROOT, 'cli/soak.ts'), '--minutes', '1.5', '--seed', 'tests'],
      { cwd: ROOT, encoding: 'utf8', timeout: 200_000 },
    );
    expect(run.status, run.stdout + run.stderr).to.equal(0);
  });
});
