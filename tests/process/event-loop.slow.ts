import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { node18 } from '../fixtures/node18';
import { describeProcesses } from '../runner/describe-processes';

const LOADER = createRequire(__filename).resolve('tsx/cjs');
const PROGRAM = path.join(__dirname, '../fixtures/watched.ts');
const LAST_WORDS = 'the main loop has not turned for 10 s: ending, to be started again\n';

interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  elapsedMs: number;
}

/** Runs a program with a watchdog until it ends. @param before code that each of its threads runs first */
async function run(
  node: string,
  what: string,
  { before, read = true }: { before?: string; read?: boolean } = {},
): Promise<End> {
  const startedAt = performance.now();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'watched-'));
  const preload = path.join(folder, 'before.js');
  if (before !== undefined) writeFileSync(preload, before);
  const child = spawn(node, ['-r', LOADER, PROGRAM, what], {
    env: {
      PATH: process.env['PATH'],
      ...(before === undefined ? {} : { NODE_OPTIONS: `--require ${preload}` }),
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const output = read ? text(child.stdout) : '';
  const [code, signal] = (await once(child, 'exit')) as [End['code'], End['signal']];
  const elapsedMs = performance.now() - startedAt;
  const stdout = await output;
  child.stdout.destroy();
  rmSync(folder, { recursive: true });
  return { code, signal, stdout, elapsedMs };
}

/** Code for the main thread alone. */
const inMain = (code: string): string =>
  `if (require('node:worker_threads').isMainThread) { ${code} }`;

for (const [version, node] of [
  ['this Node', () => process.execPath],
  ['Node 18', node18],
] as const) {
  describeProcesses(`watchdog, on ${version}`, function () {
    this.timeout(60_000);

    it('ends the process with 0 ten seconds after its main loop turned last, whatever it hangs in', async () => {
      const hangs = [
        'a loop',
        'promises without end',
        'a regular expression',
        'a loop, and another at the exit',
        'a loop at the exit',
      ];
      await Promise.all(
        hangs.map(async (hang) => {
          const { elapsedMs, ...end } = await run(node(), hang);
          expect(end, hang).to.deep.equal({ code: 0, signal: null, stdout: LAST_WORDS });
          expect(elapsedMs, hang).to.be.greaterThan(10_000);
        }),
      );
    });

    it('does so though nobody reads the pipe that the process writes to', async () => {
      const before = inMain("process.stdout.write('x'.repeat(2 ** 22))");
      const { code, signal } = await run(node(), 'a loop', { before, read: false });
      expect({ code, signal }).to.deep.equal({ code: 0, signal: null });
    });

    it('lets the main thread be busy for some seconds, or wait', async () => {
      await Promise.all(
        ['busy for a while', 'waiting'].map(async (what) => {
          const { code, stdout } = await run(node(), what);
          expect({ code, stdout }).to.deep.equal({ code: 0, stdout: 'went on\n' });
        }),
      );
    });

    it('keeps no process from ending', async () => {
      const { code, stdout, elapsedMs } = await run(node(), 'nothing to do');
      expect({ code, stdout }).to.deep.equal({ code: 0, stdout: '' });
      expect(elapsedMs).to.be.lessThan(9000);
    });

    it('says so where it is not to be had, and the process goes on', async () => {
      const withouts = {
        'an inspector': `
          const Module = require('node:module');
          const load = Module._load;
          Module._load = (name, ...more) => {
            if (name.includes('inspector')) throw new Error('on purpose');
            return load(name, ...more);
          };`,
        'a thread': inMain(
          "require('node:worker_threads').Worker = function () { throw new Error('on purpose'); };",
        ),
        'a thread that lives': inMain(
          "process.on('worker', (thread) => setTimeout(() => thread.terminate(), 500));",
        ),
      };
      await Promise.all(
        Object.entries(withouts).map(async ([without, before]) => {
          const { code, stdout } = await run(node(), 'waiting', { before });
          expect(code, without).to.equal(0);
          expect(stdout, without).to.match(/^nothing watches over the main loop: .+\nwent on\n$/);
        }),
      );
    });
  });
}
