import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { node18 } from '../fixtures/node18';
import { until } from '../fixtures/until';
import { type BinaryFile, readBinaryFile, verifyAdHocSignature } from './binary-file';

const run = promisify(execFile);
const ROOT = path.join(__dirname, '../..');
const require = createRequire(__filename);
const { PLATFORMS } = require('../../build/native-addons.js') as { PLATFORMS: string[] };

const { symbols } = require('node-api-headers') as {
  symbols: Record<string, { js_native_api_symbols: string[]; node_api_symbols: string[] }>;
};

const MAX_BYTES = 100_000;

/** The format, and all that each may use of the system beside Node-API. */
const EXPECTED: Record<string, Pick<BinaryFile, 'format' | 'libraries'> & { system: string[] }> = {
  'linux-x64': { format: 'elf64-x86-64', libraries: [], system: ['free', 'malloc'] },
  'linux-arm64': {
    format: 'elf64-littleaarch64',
    libraries: [],
    system: ['free', 'getauxval', 'malloc'],
  },
  'win32-x64': {
    format: 'COFF-x86-64',
    libraries: ['KERNEL32.dll'],
    system: ['GetModuleHandleW', 'GetProcAddress', 'GetProcessHeap', 'HeapAlloc', 'HeapFree'],
  },
  'win32-arm64': {
    format: 'COFF-ARM64',
    libraries: ['KERNEL32.dll'],
    system: [
      'GetModuleHandleW',
      'GetProcAddress',
      'GetProcessHeap',
      'HeapAlloc',
      'HeapFree',
      'IsProcessorFeaturePresent',
    ],
  },
  'darwin-x64': {
    format: 'Mach-O 64-bit x86-64',
    libraries: ['/usr/lib/libSystem.B.dylib'],
    system: ['dyld_stub_binder', 'free', 'malloc'],
  },
  'darwin-arm64': {
    format: 'Mach-O arm64',
    libraries: ['/usr/lib/libSystem.B.dylib'],
    system: ['dyld_stub_binder', 'free', 'malloc'],
  },
};

/** Needs Debian's clang, lld and llvm, and says so where they are missing. */
describe('npm run build:prebuilds', function () {
  this.timeout(120_000);
  let folder: string;
  let first: string;

  /** A copy of what it needs, which knows nothing of this one. */
  function copyTo(name: string): string {
    const copy = path.join(folder, name);
    for (const part of ['package.json', 'build', 'native', 'node_modules/node-api-headers']) {
      cpSync(path.join(ROOT, part), path.join(copy, part), { recursive: true });
    }
    for (const output of ['build', 'prebuilds']) {
      rmSync(path.join(copy, 'native', output), { recursive: true, force: true });
    }
    return copy;
  }
  const build = (copy: string): Promise<{ stdout: string }> =>
    run('npm', ['run', '--silent', 'build:prebuilds'], { cwd: copy });
  const addonOf = (platform: string): string =>
    path.join(first, 'native/prebuilds', platform, 'orca.node');

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'prebuilds-'));
    first = copyTo('first');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('makes one addon for each platform, tells what of, and leaves nothing else', async () => {
    const { stdout } = await build(first);
    const [, ...lines] = stdout.trim().split('\n');
    expect(lines.map((line) => line.split(/\s+/)[0])).to.deep.equal(PLATFORMS);
    for (const line of lines) expect(line).to.match(/ \d+ bytes {2}[0-9a-f]{64}$/);
    const prebuilds = path.join(first, 'native/prebuilds');
    expect(readdirSync(prebuilds)).to.have.members([...PLATFORMS, 'origin.json']);
    for (const platform of PLATFORMS) {
      expect(readdirSync(path.join(prebuilds, platform))).to.deep.equal(['orca.node']);
    }
  });

  it('makes the same bytes in a folder whose name is of another length', async () => {
    const second = copyTo('second/in a folder/with-a-longer-name');
    await build(second);
    for (const name of [...PLATFORMS.map((platform) => `${platform}/orca.node`), 'origin.json']) {
      const [one, other] = [first, second].map((copy) =>
        readFileSync(path.join(copy, 'native/prebuilds', name)),
      );
      expect(one!.equals(other!), name).to.equal(true);
    }
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const prebuilds = path.join(copyTo('interrupted'), 'native/prebuilds');
    const script = path.join(prebuilds, '../../build/prebuilds.js');
    const child = spawn(process.execPath, [script], { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await until(() => existsSync(prebuilds) && readdirSync(prebuilds).length > 0);
    child.kill('SIGTERM');
    expect(await ended).to.equal(1);
    expect(readdirSync(prebuilds)).to.deep.equal([]);
  });

  for (const platform of PLATFORMS) {
    describe(`the addon for ${platform}`, () => {
      const { format, libraries, system } = EXPECTED[platform]!;
      let file: BinaryFile;
      before(() => (file = readBinaryFile(addonOf(platform))));

      it('is of its format and machine, and small', () => {
        expect(file.format).to.equal(format);
        expect(readFileSync(addonOf(platform)).length).to.be.within(1000, MAX_BYTES);
      });

      it('exports what Node looks for, and nothing else', () => {
        expect(file.exported).to.have.members([
          'napi_register_module_v1',
          'node_api_module_get_api_version_v1',
        ]);
      });

      it('needs nothing but Node-API and what every such system has', () => {
        expect(file.libraries).to.deep.equal(libraries);
        const { js_native_api_symbols: js, node_api_symbols: node } = symbols['v8']!;
        const nodeApi = new Set([...js, ...node]);
        expect(file.imported).to.include('napi_define_properties');
        const others = file.imported.filter((name) => !nodeApi.has(name));
        expect(others).to.have.members(system);
      });

      if (platform.startsWith('darwin')) {
        it('is signed, as macOS checks it', () => {
          const bytes = readFileSync(addonOf(platform));
          expect(verifyAdHocSignature(bytes)).to.be.greaterThan(2);
          bytes[5000]! ^= 1;
          expect(() => verifyAdHocSignature(bytes)).to.throw('page 1 is not as signed');
        });
      }
    });
  }

  if (process.platform === 'linux' && process.arch === 'x64') {
    const loader = require.resolve('tsx/cjs');
    const script = path.join(ROOT, 'tests/fixtures/print-kernel.ts');
    const CHOSEN = { backend: 'native', log: [] };
    /** The backend that passes the known answers with an addon, and the faults of others and of its variants. */
    async function chosen(node: string, addon: string, env?: NodeJS.ProcessEnv): Promise<object> {
      const { stdout } = await run(node, ['-r', loader, script, addon], {
        env: { ...process.env, ...env },
      });
      const { backend, log } = JSON.parse(stdout) as { backend: string; log: string[] };
      return { backend, log };
    }

    it('makes one that passes the known answers on this Node and on 18.12', async () => {
      for (const node of [process.execPath, node18()]) {
        expect(await chosen(node, addonOf('linux-x64'))).to.deep.equal(CHOSEN);
      }
    });

    it("makes code for macOS that passes them, loaded by this test's own loader", async () => {
      const source = path.join(__dirname, 'mach-o-loader.c');
      const machO = path.join(folder, 'mach-o-loader.node');
      await run('cc', ['-O2', '-Wall', '-Werror', '-shared', '-fPIC', source, '-o', machO]);
      const env = { MACH_O: addonOf('darwin-x64') };
      expect(await chosen(process.execPath, machO, env)).to.deep.equal(CHOSEN);
    });
  }
});
