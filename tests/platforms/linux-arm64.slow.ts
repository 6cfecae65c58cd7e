import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { arm64Node } from '../fixtures/arm64-node';
import { LoneTask } from '../fixtures/lone-task';
import { bundleFor } from './bundles';
import { expectNativeRound } from './round';

/** Under qemu Node takes a quarter of a minute to start, and the task most of one, twice if it starts a child. */
const START_MS = 300_000;

describe('linux-arm64, under qemu', function () {
  this.timeout(2 * START_MS);
  let folder: string;
  let node: string;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'linux-arm64-'));
    node = arm64Node(folder);
  });

  after(() => folder && rmSync(folder, { recursive: true }));

  it('passes the known answers with the native hash loop for ARMv8', async () => {
    const bundle = await bundleFor('linux-arm64', 'variants');
    const { stdout } = await promisify(execFile)(node, [bundle], { cwd: folder });
    expect(JSON.parse(stdout)).to.deep.equal({ backend: 'native', variants: ['armv8'], said: [] });
  });

  it('mines a round with native code, and its proof is valid', async () => {
    const bundle = await bundleFor('linux-arm64', 'task');
    const task = new LoneTask();
    try {
      await task.start(bundle, {}, { execPath: node });
      await expectNativeRound(task, START_MS);
    } finally {
      await task.dispose();
    }
  });
});
