import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { availableAddons } from '../../../src/mining/kernels/addon-files';
import { buildTinyTask } from '../../bundle/webpack';
import { bundleWith } from '../../fixtures/crashing-addon';
import { BUNDLE, LoneTask } from '../../fixtures/lone-task';
import { node18 } from '../../fixtures/node18';
import { describeProcesses } from '../../runner/describe-processes';
import { NATIVE_VARIANTS } from './every-kernel';

const run = promisify(execFile);

describeProcesses('the bundle of the kernels', function () {
  this.timeout(120_000);
  let folder: string;
  const bundle = (name: string, ...env: string[]) =>
    buildTinyTask(path.join(folder, name), 'entry=./tests/fixtures/print-kernel.ts', ...env);
  const kernelOf = async (
    name: string,
    node = process.execPath,
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ backend: string; variant: string; log: string[] }> => {
    const { stdout } = await run(node, [path.join(folder, name, 'main.js')], {
      cwd: path.join(folder, name),
      env: { ...process.env, ...env },
    });
    return JSON.parse(stdout) as { backend: string; variant: string; log: string[] };
  };

  before(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'kernel-bundle-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('has no native code with --env native=off, and does without', async () => {
    expect(await bundle('off', 'native=off')).to.have.property('status', 0);
    const { backend, log } = await kernelOf('off');
    expect(backend).to.equal('wasm-simd');
    expect(log.join()).to.match(/^there is no native code for /);
    expect(readdirSync(path.join(folder, 'off'))).to.deep.equal(['main.js']);
  });

  if (NATIVE_VARIANTS.length > 0) {
    it('carries the addon that was built, on this Node and on 18.12', async () => {
      expect(await bundle('on')).to.have.property('status', 0);
      expect(readdirSync(path.join(folder, 'on'))).to.deep.equal(['main.js']);
      const TMPDIR = path.join(folder, 'temporary');
      mkdirSync(TMPDIR);
      for (const node of [process.execPath, node18()]) {
        const { backend, variant, log } = await kernelOf('on', node, { TMPDIR });
        expect(log).to.deep.equal([]);
        expect(backend).to.equal('native');
        expect(variant).to.be.oneOf(NATIVE_VARIANTS.map(({ name }) => name));
      }
      expect(readdirSync(path.join(folder, 'on'))).to.deep.equal(['main.js']);
      const [own, ...others] = readdirSync(TMPDIR);
      expect(others).to.deep.equal([]);
      expect(own).to.equal(`orca-native-${process.getuid!()}`);
      expect(statSync(path.join(TMPDIR, own!)).mode & 0o777).to.equal(0o700);
      const files = readdirSync(path.join(TMPDIR, own!));
      expect(files).to.have.length(1);
      expect(files[0]).to.match(/^orca-native-[0-9a-f]{64}\.node$/);
    });
  }
});

if (NATIVE_VARIANTS.length > 0) {
  describeProcesses('a task with native code', function () {
    this.timeout(60_000);
    let task: LoneTask;
    beforeEach(() => (task = new LoneTask()));
    afterEach(() => task.dispose());

    it('writes it beside its store, and nothing to where its node started it', async () => {
      const [cwd, TMPDIR] = ['elsewhere', 'temporary'].map((name) => {
        const made = path.join(task.directory, name);
        mkdirSync(made);
        return made;
      }) as [string, string];
      const beside = path.dirname(task.storePath);
      mkdirSync(beside);
      const old = `orca-native-${'0'.repeat(64)}.node`;
      writeFileSync(path.join(beside, old), 'of an earlier version');
      const bundle = path.join(task.directory, 'main.js');
      const addon = availableAddons()[0]!.place();
      writeFileSync(bundle, bundleWith(addon, BUNDLE));
      await task.start(bundle, { TMPDIR }, { cwd });
      await task.logged('mining with 1 thread on native');
      expect(readdirSync(cwd)).to.deep.equal([]);
      expect(readdirSync(TMPDIR)).to.deep.equal([]);
      const written = readdirSync(beside).filter((name) => name.startsWith('orca-native-'));
      expect(written).to.have.length(1);
      expect(written).not.to.include(old);
    });
  });
}
