import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { describeProcesses } from '../runner/describe-processes';

const run = promisify(execFile);

interface Latency {
  way: string;
  connections: number;
  who: string;
  medianMs: number;
  p99Ms: number;
}

describeProcesses('the benchmark of new tips', function () {
  this.timeout(240_000);

  it('measures threads, an HTTP worker and Stratum miners, however a tip is heard of', async () => {
    const { stdout } = await run(
      process.execPath,
      ['--import', 'tsx', 'bench/tips.ts', '--tips', '2', '--json'],
      { cwd: path.join(__dirname, '../..') },
    );
    const results = JSON.parse(stdout) as Latency[];
    expect(results).to.have.length(3 * 2 * 4);
    const rows = results.map(({ way, connections, who }) => `${way} ${connections} ${who}`);
    expect(rows).to.include.members(['waitfornewblock 1 last thread', 'polling 50 HTTP worker']);
    for (const { medianMs, p99Ms } of results) {
      expect(medianMs).to.be.above(0).and.at.most(p99Ms);
    }
  });
});
