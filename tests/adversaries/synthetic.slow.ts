import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { runSynthetic } from '../../cli/simulate/synthetic';
import { readTaskConfig } from '../../simulator';

const ROOT = path.join(__dirname, '../..');

describe('a round with many submitters', function () {
  this.timeout(300_000);
  let directory: string;
  before(() => (directory = mkdtempSync(path.join(os.tmpdir(), 'synthetic-run-'))));
  after(() => rmSync(directory, { recursive: true }));

  it('is audited and paid by one node, proofs of both work sources, and the figures are told', async () => {
    const report = await runSynthetic({
      task: path.join(ROOT, 'dist/main.js'),
      config: readTaskConfig(path.join(ROOT, 'config-task.yml')),
      roundSeconds: 8,
      directory: path.join(directory, 'run'),
      submitters: 200,
      cache: path.join(directory, 'cache'),
      seed: 'synthetic test',
      variables: (port) => ({
        MINING_THREADS: '1',
        API_PORT: String(port),
        STRATUM_PORT: '0',
      }),
      log: () => undefined,
    });
    expect(report.failures).to.deep.equal([]);
    expect(report).to.include({ submitters: 200, succeeded: true });
    // Half of each work source, plus the real node's.
    expect(report.validProofs).to.deep.equal({ koii: 101, bitcoin: 100 });
    expect(report.audits).to.be.within(1, 5);
    expect(report.msPerAudit).to.be.above(0);
    expect(report.listMs).to.be.above(0);
    expect(report.longestEventLoopWaitMs).to.be.above(0);
    if (process.platform === 'linux') {
      expect(report.rssPeakMb).to.be.at.least(report.rssBeforeMb!);
    }
  });
});
