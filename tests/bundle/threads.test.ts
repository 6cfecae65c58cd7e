import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { expect } from 'chai';
import { threadProgram } from '../../src/mining/threads/thread-program';
import { BUNDLE, LoneTask } from '../fixtures/lone-task';
import { eventually } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';

const ROOT = path.join(__dirname, '../..');
const ROUND = 10;

describe('the program of the mining threads', () => {
  const text = threadProgram();
  const bundle = readFileSync(BUNDLE, 'utf8');

  it('is small, and made of what hashes alone', () => {
    expect(text.length).to.be.below(100_000);
    const sources = [...text.matchAll(/^ +\/\/ (\w+\/.+)$/gm)].map(([, file]) => file!.split('/'));
    expect(sources).not.to.have.length(0);
    for (const [folder, room] of sources) {
      expect(folder).to.equal('src');
      expect(room).to.be.oneOf(['mining', 'bitcoin', 'work', 'consensus.ts']);
    }
  });

  it('asks for nothing but the modules of Node', () => {
    const required = [...text.matchAll(/require\("(.+?)"\)/g)].map(([, name]) => name!);
    expect(required).not.to.have.length(0);
    for (const name of required) expect(isBuiltin(name), name).to.equal(true);
    expect(required).not.to.include('node:http');
  });

  it('stands in the bundle line by line', () => {
    expect(bundle).to.include('\n//# sourceURL=orca-mining-thread.js\n');
    expect(bundle).to.include('\n  // src/mining/threads/duty-cycle.ts\n');
  });

  it('has no native code of its own: the bundle carries each addon once', function () {
    const folder = path.join(ROOT, 'native/build/Release');
    const addons = existsSync(folder)
      ? readdirSync(folder).filter((name) => name.endsWith('.node'))
      : [];
    if (addons.length === 0) this.skip();
    for (const name of addons) {
      const base64 = readFileSync(path.join(folder, name), 'base64');
      expect(bundle.split(base64)).to.have.length(2);
    }
  });
});

describeProcesses('the mining threads of a task', function () {
  this.timeout(60_000);
  const tasks: LoneTask[] = [];
  afterEach(() => Promise.all(tasks.splice(0).map((task) => task.dispose())));

  const start = async (count: number, bundle = BUNDLE): Promise<LoneTask> => {
    const task = new LoneTask();
    tasks.push(task);
    await task.start(bundle, { MINING_THREADS: String(count) });
    return task;
  };
  const usage = async (count: number): Promise<{ bytes: number; limit: number }> => {
    const task = await start(count);
    const metrics = async (): Promise<string> =>
      (await fetch(`http://127.0.0.1:${task.apiPort}/metrics`)).text();
    await eventually(async () => {
      const rates = await metrics().catch(() => '');
      const up = rates.match(/^orca_hashrate_hashes_per_second\{.*backend="(?!none).*$/gm) ?? [];
      return up.length === count ? true : undefined;
    });
    const [bytes, limit] = await Promise.all([
      task.metric('orca_memory_usage_bytes'),
      task.metric('orca_memory_limit_bytes'),
    ]);
    return { bytes, limit };
  };

  // A thread that read the whole bundle took 27 MB. On Node 18.12 a worker takes 3 MB more than on 20.
  it('take a few megabytes each, and raise the limit of the alert by more', async () => {
    const [one, nine] = [await usage(1), await usage(9)];
    expect(nine.bytes - one.bytes).to.be.below(8 * 16e6);
    expect(nine.bytes - one.bytes).to.be.below(nine.limit - one.limit);
    expect(nine.bytes).to.be.below(nine.limit);
  });

  it('are started again when they go over their heap', async () => {
    const leaky = new LoneTask();
    tasks.push(leaky);
    const bundle = path.join(leaky.directory, 'main.js');
    const mark = JSON.stringify(path.join(leaky.directory, 'leaked'));
    // Leaks once, in the first thread that starts; the program also runs as the trial of native code.
    const leak = `{ const fs = require('node:fs');
      if (!require('node:worker_threads').isMainThread && !fs.existsSync(${mark})) { fs.writeFileSync(${mark}, ''); for (const all = [];;) all.push([all.length]); } }`;
    const [before, after] = readFileSync(BUNDLE, 'utf8').split('const threadProgram = () => `');
    writeFileSync(bundle, `${before}const threadProgram = () => \`${leak}\n${after}`);
    await leaky.start(bundle);
    await leaky.logged(/mining thread failed: .*memory/);
    leaky.send('executeTask', ROUND);
    expect(await leaky.hasShares(ROUND)).to.be.above(0);
  });
});
