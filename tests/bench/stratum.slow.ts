import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Kept } from '../../bench/stratum/kept-shares';
import type { Measured } from '../../bench/stratum/load';
import { describeProcesses } from '../runner/describe-processes';

const run = promisify(execFile);

interface Results {
  stratumAt10: Measured;
  stratumAt1000: Measured;
  http: Measured;
  miners: Measured & { cpuPercent: number };
  memory: { at0: number; at1000: number };
  kills: Kept[];
}

describeProcesses('the benchmark of Stratum', function () {
  this.timeout(240_000);

  it('measures, and finds every acknowledged share that belongs in the proof after each kill', async () => {
    const { stdout } = await run(
      process.execPath,
      ['--import', 'tsx', 'bench/stratum.ts', '--seconds', '0.5', '--json'],
      { cwd: path.join(__dirname, '../..') },
    );
    const { stratumAt10, stratumAt1000, http, miners, memory, kills } = JSON.parse(
      stdout,
    ) as Results;
    for (const { submits, perSecond, p50Ms, p99Ms } of [stratumAt10, stratumAt1000, http, miners]) {
      expect(submits).to.be.above(0);
      expect(perSecond).to.be.above(0);
      expect(p50Ms).to.be.above(0).and.at.most(p99Ms);
    }
    expect(miners.cpuPercent).to.be.above(0);
    expect(memory.at1000).to.be.above(memory.at0);
    expect(kills.map(({ belonging, found }) => found === belonging && found > 0)).to.deep.equal([
      true,
      true,
      true,
    ]);
  });
});
