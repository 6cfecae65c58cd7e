import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { BACKENDS } from '../../src/mining/kernels/kernel';
import { NATIVE_VARIANTS } from '../mining/kernels/every-kernel';
import { describeProcesses } from '../runner/describe-processes';

/** The contenders that this machine can run. */
const KERNELS: readonly string[] = [
  ...BACKENDS.filter((backend) => backend !== 'native' || NATIVE_VARIANTS.length > 0),
  ...NATIVE_VARIANTS.map(({ name }) => `native ${name}`),
];

const run = promisify(execFile);
const bench = (...options: string[]) =>
  run(process.execPath, ['--import', 'tsx', 'bench/bench.ts', '--seconds', '0.1', ...options], {
    cwd: path.join(__dirname, '../..'),
  });

interface Result {
  backend: string;
  threads: number;
  medianMHps: number;
  minMHps: number;
  maxMHps: number;
}

describeProcesses('the benchmark', function () {
  this.timeout(60_000);

  it('prints results and nothing else with --json', async () => {
    const { stdout } = await bench('--json', '--threads', '2', '--peer', 'echo 33 MH/s');
    const { results } = JSON.parse(stdout) as { results: Result[] };
    const contenders = [...KERNELS, 'node:crypto', '@noble/hashes'];
    expect(results.map(({ backend, threads }) => `${backend} ${threads}`)).to.deep.equal([
      ...contenders.map((backend) => `${backend} 1`),
      ...contenders.map((backend) => `${backend} 2`),
      'echo 33 MH/s 1',
    ]);
    for (const { minMHps, medianMHps, maxMHps } of results) {
      expect(minMHps).to.be.above(0).and.at.most(medianMHps);
      expect(medianMHps).to.be.at.most(maxMHps);
    }
  });

  it('names the machine above a table without it', async () => {
    const { stdout } = await bench();
    expect(stdout).to.match(/^CPU .+\nNode +\d.+V8 /);
    for (const backend of KERNELS) expect(stdout).to.include(backend);
  });

  it('fails and says why when a peer does', async () => {
    const error = await bench('--json', '--peer', 'echo nothing').catch((e: unknown) => e);
    expect(error).to.have.property('code', 1);
    expect(error).to.have.property('stdout', '');
    expect(error).to.have.property('stderr').that.includes('printed no rate');
  });
});
