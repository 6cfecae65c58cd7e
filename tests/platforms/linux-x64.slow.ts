import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { expect } from 'chai';
import { LoneTask } from '../fixtures/lone-task';
import { node18 } from '../fixtures/node18';
import { until } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';
import { bundleFor, unpackedIn, type Variants } from './bundles';
import { expectNativeRound, minesOn } from './round';

const START_MS = 20_000;

for (const [version, node] of [
  ['this Node', () => process.execPath],
  ['Node 18', node18],
] as const) {
  describeProcesses(`linux-x64, in ${version}`, function () {
    this.timeout(3 * START_MS);
    let task: LoneTask;
    beforeEach(() => (task = new LoneTask()));
    afterEach(() => task.dispose());

    const start = async (variables: Record<string, string> = {}): Promise<void> => {
      const bundle = await bundleFor('linux-x64', 'task');
      // Where the task may write, besides its own folder.
      const TMPDIR = task.directory;
      await task.start(bundle, { TMPDIR, ...variables }, { execPath: node() });
    };
    const unpacked = (): string[] => unpackedIn(task.directory, 'linux-x64');

    it('passes the known answers with every native hash loop that this CPU can run', async () => {
      const bundle = await bundleFor('linux-x64', 'variants');
      const output = execFileSync(node(), [bundle], { cwd: task.directory, encoding: 'utf8' });
      const chosen = JSON.parse(output) as Variants;
      expect(chosen).to.deep.include({ backend: 'native', said: [] });
      expect(chosen.variants).not.to.deep.equal([]);
    });

    it('mines a round with native code, and its proof is valid', async () => {
      await bundleFor('linux-x64', 'task');
      const startedAt = performance.now();
      await start();
      const round = expectNativeRound(task, START_MS);
      await until(() => task.log.includes('mining with'), START_MS);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(2);
      console.log(`      ${seconds} s from the start of the process until its threads mine`);
      await round;
      expect(unpacked()).not.to.deep.equal([]);
    });

    it('writes no native code with MINING_BACKEND=wasm-simd', async () => {
      await start({ MINING_BACKEND: 'wasm-simd' });
      await minesOn(task, 'wasm-simd', START_MS);
      expect(unpacked()).to.deep.equal([]);
    });
  });
}

describe('linux-x64, under qemu, on a CPU of before AVX2', function () {
  this.timeout(2 * START_MS);

  it('has no native hash loop, says why, and does with WebAssembly', async () => {
    const bundle = await bundleFor('linux-x64', 'variants');
    const output = execFileSync(
      'qemu-x86_64',
      ['-cpu', 'Westmere', process.execPath, path.basename(bundle)],
      { cwd: path.dirname(bundle), encoding: 'utf8' },
    );
    expect(JSON.parse(output)).to.deep.equal({
      backend: 'wasm-simd',
      variants: [],
      said: ['this CPU has none of AVX-512, SHA-NI, AVX2'],
    });
  });
});
