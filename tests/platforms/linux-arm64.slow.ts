import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { buildFixture, buildTask } from '../bundle/webpack';
import { arm64Node } from '../fixtures/arm64-node';
import { LoneTask } from '../fixtures/lone-task';
import { until } from '../fixtures/until';

const ADDON = path.join(__dirname, '../../native/prebuilds/linux-arm64/orca.node');
const ROUND = 10;
/** Under qemu Node takes a quarter of a minute to start, and the task most of one, twice if it starts a child. */
const START_MS = 300_000;

describe('linux-arm64, under qemu', function () {
  this.timeout(2 * START_MS);
  let folder: string;
  let node: string;

  before(() => {
    if (!existsSync(ADDON)) {
      throw new Error('There is no native code for linux-arm64: npm run build:prebuilds makes it.');
    }
    folder = mkdtempSync(path.join(tmpdir(), 'linux-arm64-'));
    mkdirSync(path.join(folder, 'bin'));
    node = arm64Node(path.join(folder, 'bin'));
  });

  after(() => folder && rmSync(folder, { recursive: true }));

  it('is chosen the native kernel for ARMv8, which gives the known answers', async () => {
    const out = path.join(folder, 'kernel');
    const built = await buildFixture('print-kernel.ts', out);
    expect(built.status, built.stderr).to.equal(0);
    const { stdout } = await promisify(execFile)(node, [path.join(out, 'main.js')], { cwd: out });
    expect(JSON.parse(stdout)).to.deep.equal({ backend: 'native', variant: 'armv8', log: [] });
  });

  it('mines a round with native code, and its proof is valid', async () => {
    const out = path.join(folder, 'task');
    const built = await buildTask(out);
    expect(built.status, built.stderr).to.equal(0);
    const task = new LoneTask();
    try {
      await task.start(path.join(out, 'main.js'), {}, { execPath: node });
      const end = task.exit.then((exit) => {
        throw new Error(`the task ended: ${JSON.stringify(exit)}\n${task.log}`);
      });
      task.send('executeTask', ROUND);
      await Promise.race([end, until(() => task.log.includes('mining with'), START_MS)]);
      expect(task.log).to.include('mining with 1 thread on native');
      expect(await Promise.race([end, task.hasShares(ROUND)])).to.be.above(0);
      const proof = await Promise.race([end, task.proofAfter(ROUND)]);
      expect(task.verdictOn(proof, ROUND)).to.include({ valid: true });
    } finally {
      await task.dispose();
    }
  });
});
