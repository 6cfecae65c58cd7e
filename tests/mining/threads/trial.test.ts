import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import {
  type AddonFile,
  type AddonOffer,
  availableAddons,
  embeddedOffers,
  PLATFORM,
} from '../../../src/mining/kernels/addon-files';
import { nativeCode, pendingTrial } from '../../../src/mining/threads/native-code';
import { threadProgram } from '../../../src/mining/threads/thread-program';
import { firstProven, statusOf, trial } from '../../../src/mining/threads/trial';
import type { TrialAnswer } from '../../../src/mining/threads/trial-program';
import { bundleWith, crashingAddon } from '../../fixtures/crashing-addon';
import { BUNDLE, LoneTask } from '../../fixtures/lone-task';
import { until } from '../../fixtures/until';
import { describeProcesses } from '../../runner/describe-processes';

const ROUND = 10;

describe('the trial of native code', function () {
  this.timeout(60_000);
  let folder: string;
  let addon: AddonFile;
  before(() => threadProgram());
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'trial-test-'));
    addon = { file: path.join(folder, 'any.node'), sha256: 'any' };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const crash = (reason: string) => ({ reason, blames: 'addon' });
  const answering = (answer: TrialAnswer) =>
    `process.stdout.write(${JSON.stringify(JSON.stringify(answer))});`;
  /** How a trial ends whose process runs this program. */
  const trialOf = (program: string, boundMs?: number) =>
    trial(addon, boundMs === undefined ? { program } : { program, boundMs });

  it('tells what ended its process', async () => {
    expect(await trialOf("process.kill(process.pid, 'SIGILL')")).to.deep.equal(
      crash('its trial run was ended by SIGILL'),
    );
    expect(await trialOf('process.exit(3)')).to.deep.equal(
      crash('its trial run ended with status 3'),
    );
    expect(await trialOf('')).to.deep.equal(crash('its trial run gave no answer'));
  });

  // It waits for the end of the process, not of the time.
  it('ends a process that hangs', async () => {
    expect(await trialOf('for (;;);', 300)).to.deep.equal(
      crash("its trial run didn't end within 0.3 s"),
    );
  });

  it('tells that its process cannot be started', async () => {
    writeFileSync(path.join(folder, 'damaged'), 'not a program', { mode: 0o700 });
    for (const name of ['missing', 'damaged']) {
      const fault = await trial(addon, { execPath: path.join(folder, name) });
      expect(fault?.reason).to.match(/^its trial run (can't be started: spawn|ended with) /);
    }
  });

  it('names the statuses with which Windows ends a process', () => {
    expect(statusOf(1)).to.equal('status 1');
    expect(statusOf(0xc000001d)).to.equal('status 0xC000001D (illegal instruction)');
    expect(statusOf(0xc000001d | 0)).to.equal('status 0xC000001D (illegal instruction)');
    expect(statusOf(0xc0000428)).to.equal('status 0xC0000428');
  });

  it('takes no options or loaders from the environment', async () => {
    const found = process.env['NODE_OPTIONS'];
    process.env['NODE_OPTIONS'] = '--require /no/such/loader.js';
    try {
      expect(await trialOf(answering({ variants: 2, wrong: ['avx2: wrong'] }))).to.equal(undefined);
    } finally {
      if (found === undefined) delete process.env['NODE_OPTIONS'];
      else process.env['NODE_OPTIONS'] = found;
    }
  });

  it('refuses what is no addon, from either place, in one line', async () => {
    const [own, temporary] = ['own', 'temporary'].map((name) => path.join(folder, name));
    mkdirSync(own!, { mode: 0o700 });
    mkdirSync(temporary!, { mode: 0o700 });
    const offers = embeddedOffers(Buffer.from('not an addon'), own, temporary);
    const outcome = await firstProven(offers);
    expect(outcome).to.have.property('isFault', true);
    const { refusal } = outcome as { refusal: string };
    expect(refusal).to.include(own).and.to.include(temporary).and.not.to.include('\n');
  });

  it('tells that a file was removed or changed after it was written', async () => {
    const offer = (file: string): AddonOffer => ({ sha256: 'other', place: () => file });
    const changed = path.join(folder, 'changed.node');
    writeFileSync(changed, 'tampered');
    const missing = path.join(folder, 'missing.node');
    expect(await firstProven([offer(missing), offer(changed)])).to.deep.equal({
      refusal:
        `${missing} was removed or blocked after it was written, as antivirus software does (ENOENT); ` +
        `${changed} was changed after it was written`,
      isFault: true,
    });
  });

  it('is given the next place where one is refused, and the next addon where one crashes', async () => {
    const log = path.join(folder, 'tried');
    // Crashes on those named so, refuses others, and takes the last.
    const program = `
      const name = require('node:path').basename(process.argv[2]);
      require('node:fs').appendFileSync(${JSON.stringify(log)}, name + '\\n');
      if (name.startsWith('crash')) process.kill(process.pid, 'SIGILL');
      process.stdout.write(JSON.stringify(name === 'good' ? { variants: 1, wrong: [] } : { refusal: 'no ' + name }));`;
    const offers = ['refused/1', 'crash/2', 'crash-elsewhere/2', 'good/3', 'never/3'].map(
      (text): AddonOffer => {
        const [name, sha256] = text.split('/') as [string, string];
        return { sha256, place: () => path.join(folder, name) };
      },
    );
    expect(await firstProven(offers, { program })).to.equal(offers[3]);
    expect(readFileSync(log, 'utf8').trim().split('\n')).to.deep.equal([
      'refused',
      'crash',
      'good',
    ]);
    expect(await firstProven(offers.slice(0, 3), { program })).to.deep.equal({
      refusal: 'no refused; its trial run was ended by SIGILL',
      isFault: true,
    });
  });

  it('is failed where each variant is wrong: the next addon is tried', async () => {
    const wrong = ['avx512: expected hits', 'avx2: expected hits'];
    // The one built on this machine, in both places, then the prebuild.
    const program = `
      const isPrebuild = process.argv[3] === 'prebuild';
      const answer = isPrebuild ? { variants: 2, wrong: [] } : ${JSON.stringify({ variants: 2, wrong })};
      process.stdout.write(JSON.stringify(answer));`;
    const [own, prebuild] = ['own', 'prebuild'].map((sha256): AddonOffer => ({
      sha256,
      place: () => path.join(folder, sha256),
    })) as [AddonOffer, AddonOffer];
    expect(await firstProven([own, prebuild], { program })).to.equal(prebuild);
    expect(await firstProven([own, own], { program })).to.deep.equal({
      refusal: `none of its variants works: ${wrong.join('; ')}`,
      isFault: true,
    });
  });

  it('tells where this CPU has none of the instructions, which is no fault', async () => {
    const instructions: Partial<Record<string, string>> = {
      x64: 'AVX-512, SHA-NI, AVX2',
      arm64: "ARMv8's SHA-2 instructions",
    };
    const offers = ['own', 'prebuild'].map((sha256): AddonOffer => ({
      sha256,
      place: () => path.join(folder, sha256),
    }));
    const outcome = await firstProven(offers, {
      program: answering({ variants: 0, wrong: [] }),
    });
    expect(outcome).to.deep.equal({
      refusal: `this CPU has none of ${instructions[process.arch] ?? 'the instructions of native code'}`,
      isFault: false,
    });
    // What fails after it, such as another addon, is one.
    const program = `
      if (process.argv[3] === 'prebuild') process.exit(3);
      ${answering({ variants: 0, wrong: [] })}`;
    expect(await firstProven(offers, { program })).to.have.property('isFault', true);
  });

  it('tells where none was built, which is no fault', async () => {
    expect(await firstProven([])).to.deep.equal({
      refusal: `there is no native code for ${PLATFORM}`,
      isFault: false,
    });
  });

  it('is made for no backend that does without native code', () => {
    for (const backend of ['wasm-simd', 'wasm', 'js'] as const) {
      expect(pendingTrial(backend)).to.equal(undefined);
      expect(nativeCode(backend)).to.deep.equal({
        refusal: `${backend} was asked for`,
        isFault: false,
      });
    }
  });

  it('is made once, and threads are given the addon that stood it', async () => {
    await pendingTrial('auto');
    expect(pendingTrial('native')).to.equal(undefined);
    const [first] = availableAddons();
    expect(nativeCode('auto')).to.deep.equal(
      first
        ? { file: first.place(), sha256: first.sha256 }
        : { refusal: `there is no native code for ${PLATFORM}`, isFault: false },
    );
  });
});

describeProcesses('a process', function () {
  this.timeout(60_000);
  const run = promisify(execFile);
  const source = (name: string): string =>
    JSON.stringify(require.resolve(`../../../src/mining/${name}`));

  it('that ends while native code is on trial takes the trial with it', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'trial-test-'));
    const pid = JSON.stringify(path.join(folder, 'pid'));
    const program = `require('node:fs').writeFileSync(${pid}, String(process.pid)); for (;;);`;
    const code = `
      const { existsSync, readFileSync } = require('node:fs');
      const { trial } = require(${source('threads/trial.ts')});
      void trial({ file: ${pid}, sha256: '' }, { program: ${JSON.stringify(program)} });
      const looking = setInterval(() => {
        if (!existsSync(${pid}) || readFileSync(${pid}).length === 0) return;
        clearInterval(looking);
      }, 20);`;
    try {
      await run(process.execPath, ['-r', 'tsx/cjs', '-e', code]);
      const trialPid = Number(readFileSync(path.join(folder, 'pid'), 'utf8'));
      await until(() => hasEnded(trialPid));
      expect(hasEnded(trialPid)).to.equal(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('may stop and close its engine meanwhile', async () => {
    const code = `
      const { Engine } = require(${source('engine.ts')});
      const engine = new Engine({ threads: 2, backend: 'auto', log: console.log });
      engine.stop().then(() => engine.close()).then(() => console.log('closed'));
      process.once('exit', () => console.log(engine.backends.length));`;
    const { stdout } = await run(process.execPath, ['-r', 'tsx/cjs', '-e', code]);
    expect(stdout).to.equal('closed\n2\n');
  });
});

/** Whether there is no such process, or only what is left of one until its parent asks. */
function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform === 'linux' && / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

describeProcesses('a task with native code that crashes', function () {
  this.timeout(120_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  /** Starts it from a folder of its own; undefined where there is no C compiler. */
  const start = async (backend: string): Promise<string | undefined> => {
    const addon = crashingAddon(task.directory);
    if (!addon) return undefined;
    const TMPDIR = path.join(task.directory, 'temporary');
    mkdirSync(TMPDIR);
    const bundle = path.join(task.directory, 'main.js');
    writeFileSync(bundle, bundleWith(addon, BUNDLE));
    await task.start(bundle, { MINING_BACKEND: backend, TMPDIR });
    await task.logged('mining with 1 thread on wasm-simd');
    return TMPDIR;
  };
  const written = (): string[] =>
    readdirSync(path.dirname(task.storePath)).filter((name) => name.startsWith('orca-native-'));

  it('says so in one line and mines with WebAssembly', async function () {
    const temporary = await start('auto');
    if (!temporary) return this.skip();
    expect(task.timesLogged('native kernel')).to.equal(1);
    expect(task.log).to.include("native kernel can't run: its trial run was ended by SIGILL");
    expect(written()).to.have.length(1);
    expect(readdirSync(temporary)).to.deep.equal([]);
    task.send('executeTask', ROUND);
    expect(await task.hasShares(ROUND)).to.be.above(0);
  });

  it('never touches it with MINING_BACKEND=wasm-simd', async function () {
    const temporary = await start('wasm-simd');
    if (!temporary) return this.skip();
    expect(task.timesLogged('native kernel')).to.equal(0);
    expect(written()).to.deep.equal([]);
    expect(readdirSync(temporary)).to.deep.equal([]);
  });
});
