import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { buildTinyTask } from '../../bundle/webpack';
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
    cwd = path.join(folder, name),
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ backend: string; variant: string; log: string[] }> => {
    const { stdout } = await run(node, [path.join(folder, name, 'main.js')], {
      cwd,
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
      for (const node of [process.execPath, node18()]) {
        const { backend, variant, log } = await kernelOf('on', node);
        expect(log).to.deep.equal([]);
        expect(backend).to.equal('native');
        expect(variant).to.be.oneOf(NATIVE_VARIANTS.map(({ name }) => name));
      }
      const files = readdirSync(path.join(folder, 'on'));
      expect(files).to.have.length(2);
      expect(files[1]).to.match(/^orca-native-[0-9a-f]{64}\.node$/);
    });

    it('goes to a folder of this user among the temporary files where it may not write', async () => {
      const TMPDIR = path.join(folder, 'temporary');
      mkdirSync(TMPDIR);
      for (let start = 0; start < 2; start++) {
        expect((await kernelOf('on', process.execPath, '/proc/self', { TMPDIR })).backend).to.equal(
          'native',
        );
      }
      const [own, ...others] = readdirSync(TMPDIR);
      expect(others).to.deep.equal([]);
      expect(own).to.equal(`orca-native-${process.getuid!()}`);
      expect(statSync(path.join(TMPDIR, own!)).mode & 0o777).to.equal(0o700);
      expect(readdirSync(path.join(TMPDIR, own!))).to.have.length(1);
    });
  }
});
