import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { testFiles } from '../fixtures/test-files';

const ROOT = path.join(__dirname, '../..');
const OPT_IN = JSON.stringify(path.join(__dirname, 'describe-processes'));
const FAST_CHECK = JSON.stringify(path.join(ROOT, 'node_modules/fast-check'));
const FAILS_ONCE = `it('fails once', () => { if (tries++ === 0) throw new Error('first\\nof two'); });`;

/** Two files, so that mocha runs them in workers. */
const TESTS = {
  'processes.test.ts': `
    import { beforeTries, describeProcesses } from ${OPT_IN};
    let tries = 0;
    describeProcesses('a process', () => { ${FAILS_ONCE} });
    describeProcesses('a run', () => {
      let runs = 0;
      beforeTries(async () => { runs++; });
      const isRun = (n) => { if (runs !== n) throw new Error(runs + ' runs'); };
      it('is made once for all', () => isRun(1));
      it('is made again', () => isRun(2));
      it('is looked at by the next', () => isRun(2));
    });`,
  'code.test.ts': `
    import fc from ${FAST_CHECK};
    let tries = 0;
    describe('code', () => {
      ${FAILS_ONCE}
      it('is random', () => { fc.assert(fc.property(fc.nat(), (n) => n + tries++ < 10)); });
    });`,
};

describe('a second try of a test', function () {
  let directory: string;
  before(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'retries-'));
    for (const [name, text] of Object.entries(TESTS)) {
      writeFileSync(path.join(directory, name), text);
    }
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const parallel of [[], ['--parallel', '--jobs', '2']]) {
    it(`is for suites of processes alone, and told of at the end: mocha ${parallel.join(' ')}`, async () => {
      const mocha = path.join(ROOT, 'node_modules/mocha/bin/mocha.js');
      const run = promisify(execFile)(
        process.execPath,
        [mocha, ...parallel, ...Object.keys(TESTS).map((name) => path.join(directory, name))],
        { cwd: ROOT, env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' } },
      );
      const { stdout } = await run.catch((error: { stdout: string }) => error);
      expect(stdout).to.match(/4 passing[^]*2 failing/);
      expect(stdout).to.match(
        /code\n +is random:\n.*Property failed after \d+ tests\n\{ seed: -?\d+/,
      );
      expect(stdout).to.match(
        /\n {2}2 tests were tried a second time:\n\n.*processes\.test\.ts: a process fails once\n +first\n +of two\n.*processes\.test\.ts: a run is made again\n +1 runs\n/,
      );
    });
  }

  it('is for none that is random, and for none by an option', () => {
    const files = testFiles().filter((name) => !name.startsWith('tests/runner/'));
    const texts = files.map((name) => readFileSync(path.join(ROOT, name), 'utf8'));
    const processes = texts.filter((text) => text.includes('describeProcesses('));
    expect(processes).to.have.length.of.at.least(50);
    for (const text of processes) expect(text).to.not.include("from 'fast-check'");
    for (const text of texts) expect(text).to.not.match(/\bthis\.retries\(/);
    for (const name of ['package.json', '.mocharc.json', '.ci/run']) {
      expect(readFileSync(path.join(ROOT, name), 'utf8'), name).to.not.include('retries');
    }
  });
});
