import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);
const NATIVE = path.join(__dirname, '../../native');
const STRICT = ['-O2', '-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Werror'];

interface Target {
  compiler: string;
  /** What runs the result, if this machine can't. */
  emulator?: string;
  /** What every machine of this kind must be able to run. */
  expected: string[];
}

const TARGETS: Record<string, Target> = {
  x64: {
    compiler: process.arch === 'x64' ? 'cc' : 'x86_64-linux-gnu-gcc',
    ...(process.arch === 'x64' ? {} : { emulator: 'qemu-x86_64-static' }),
    expected: [],
  },
  arm64: {
    compiler: process.arch === 'arm64' ? 'cc' : 'aarch64-linux-gnu-gcc',
    ...(process.arch === 'arm64' ? {} : { emulator: 'qemu-aarch64-static' }),
    expected: ['armv8 ok'],
  },
};

const { sourcesFor } = createRequire(__filename)('../../build/native-sources.js') as {
  sourcesFor: (arch: string) => { source: string; gcc: string[] }[];
};

/** What native/binding.gyp compiles, but for the addon, with the instructions it allows each. */
function hashLoops(arch: string): [string, string[]][] {
  return sourcesFor(arch)
    .filter(({ source }) => source !== 'addon.c')
    .map(({ source, gcc }) => [source, gcc.filter((flag) => flag.startsWith('-m'))]);
}

const isThere = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

// Runs only where the compilers are: nothing else needs them.
for (const [name, { compiler, emulator, expected }] of Object.entries(TARGETS)) {
  if (!isThere(compiler)) continue;
  describe(`the C code, compiled for ${name} by ${compiler}`, function () {
    this.timeout(120_000);
    let folder: string;
    let program: string;

    before(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'native-check-'))));
    after(() => rmSync(folder, { recursive: true }));

    it('compiles without a warning', async () => {
      program = path.join(folder, 'check');
      const objects = await Promise.all(
        hashLoops(name).map(async ([source, flags]) => {
          const object = path.join(folder, `${source}.o`);
          await run(compiler, [...STRICT, ...flags, '-c', source, '-o', object], { cwd: NATIVE });
          return object;
        }),
      );
      const linking = emulator ? ['-static'] : [];
      const sources = ['check.c', ...objects];
      await run(compiler, [...STRICT, ...linking, ...sources, '-o', program], { cwd: NATIVE });
      expect(existsSync(program)).to.equal(true);
    });

    if (!emulator || isThere(emulator)) {
      it('agrees with SHA-256 written plainly, in every variant that runs here', async () => {
        const command = emulator ? [emulator, program] : [program];
        const { stdout } = await run(command[0]!, command.slice(1));
        const lines = stdout.split('\n').filter(Boolean);
        expect(lines).to.include.members(expected);
        for (const line of lines) expect(line).to.match(/^[a-z0-9-]+ ok$/);
      });
    }
  });
}
