import { execFile } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { loadEmbedded, writeAddon } from '../../../src/mining/kernels/native';
import { buildTinyTask } from '../../bundle/webpack';
import { node18 } from '../../fixtures/node18';
import { describeProcesses } from '../../runner/describe-processes';
import { NATIVE_VARIANTS } from './every-kernel';

const run = promisify(execFile);

describe('the files of embedded addons', () => {
  const bytes = Buffer.from('not really an addon');
  const HASH = '9f8fe68d725364f3a03c19632f1d15250280bf25583eb007c404c8bb5ac1ed70';
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'addon-test-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are named by their hash, whole, and for this user alone', () => {
    const file = writeAddon(bytes, folder);
    expect(path.basename(file)).to.equal(`orca-native-${HASH}.node`);
    expect(readFileSync(file)).to.deep.equal(bytes);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).to.equal(0o700);
    expect(readdirSync(folder)).to.have.length(1);
  });

  it('are written once', () => {
    const { ino } = statSync(writeAddon(bytes, folder));
    expect(statSync(writeAddon(bytes, folder)).ino).to.equal(ino);
  });

  it('are replaced when something else stands in their place', () => {
    const file = writeAddon(bytes, folder);
    const elsewhere = path.join(folder, 'elsewhere');
    const meddle: (() => void)[] = [
      () => writeFileSync(file, 'tampered'),
      () => chmodSync(file, 0o777),
      () => {
        rmSync(file);
        writeFileSync(elsewhere, bytes, { mode: 0o700 });
        symlinkSync(elsewhere, file);
      },
    ];
    for (const change of meddle) {
      change();
      expect(writeAddon(bytes, folder)).to.equal(file);
      expect(lstatSync(file).isFile()).to.equal(true);
      expect(readFileSync(file)).to.deep.equal(bytes);
      expect(statSync(file).mode & 0o777).to.equal(0o700);
    }
    expect(readFileSync(elsewhere)).to.deep.equal(bytes);
  });

  it('are not loaded when they cannot be what they should', () => {
    mkdirSync(path.join(folder, `orca-native-${HASH}.node`));
    expect(() => writeAddon(bytes, folder)).to.throw();
  });

  it('may be written by several threads at once', async function () {
    this.timeout(30_000);
    const module = JSON.stringify(require.resolve('../../../src/mining/kernels/native.ts'));
    const code = `
      require('tsx/cjs');
      const { writeAddon } = require(${module});
      const { parentPort, workerData } = require('node:worker_threads');
      for (let i = 0; i < 20; i++) writeAddon(Buffer.alloc(1_000_000, i), workerData);
      parentPort.postMessage('done');`;
    const workers = Array.from({ length: 3 }, async () => {
      const worker = new Worker(code, { eval: true, workerData: folder });
      await new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
      await worker.terminate();
    });
    await Promise.all(workers);
    const files = readdirSync(folder);
    expect(files).to.have.length(20);
    for (const file of files) expect(statSync(path.join(folder, file)).size).to.equal(1_000_000);
  });

  it('that no system loads are told with the reason', () => {
    expect(() => loadEmbedded(bytes, folder)).to.throw(Error);
    expect(() => loadEmbedded(bytes, path.join(folder, 'missing'))).to.throw(/ENOENT/);
  });
});

describeProcesses('the bundle of the kernels', function () {
  this.timeout(120_000);
  let folder: string;
  const bundle = (name: string, ...env: string[]) =>
    buildTinyTask(path.join(folder, name), 'entry=./tests/fixtures/print-kernel.ts', ...env);
  const kernelOf = async (
    name: string,
    node = process.execPath,
    cwd = path.join(folder, name),
  ): Promise<{ backend: string; variant: string; log: string[] }> => {
    const { stdout } = await run(node, [path.join(folder, name, 'main.js')], { cwd });
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

    it('goes to a temporary folder, and leaves nothing there, where it may not write', async () => {
      const before = readdirSync(os.tmpdir()).filter((name) => name.startsWith('orca-native-'));
      expect((await kernelOf('on', process.execPath, '/proc/self')).backend).to.equal('native');
      const after = readdirSync(os.tmpdir()).filter((name) => name.startsWith('orca-native-'));
      expect(after).to.deep.equal(before);
    });
  }
});
