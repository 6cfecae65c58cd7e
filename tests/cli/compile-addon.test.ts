import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { scripts } from '../../package.json';
import { compileAddon, type CompileOptions } from '../../cli/compile-addon';

const NATIVE = path.join(__dirname, '../../native');
const COMPILES = process.platform !== 'win32' && spawnSync('cc', ['--version']).status === 0;

describe('the compiling of native code before a node starts', function () {
  this.timeout(60_000);
  let folder: string;
  let native: string;
  let addon: string;
  let said: string[];
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'compile-addon-test-'));
    native = path.join(folder, 'native');
    addon = path.join(native, 'build/Release/orca.node');
    said = [];
    mkdirSync(native);
    for (const name of readdirSync(NATIVE).filter((each) => /\.(c|h|gyp)$/.test(each))) {
      cpSync(path.join(NATIVE, name), path.join(native, name));
    }
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const compile = (options: Partial<CompileOptions> = {}): Promise<void> =>
    compileAddon({ native, say: (line) => said.push(line), ...options });

  /** A compiler that there is, and what it does when it has to compile. */
  function fakeCompiler(script: string): string {
    const file = path.join(folder, 'fake-cc');
    writeFileSync(file, `#!/bin/sh\n[ "$1" = --version ] && exit 0\n${script}\n`);
    chmodSync(file, 0o700);
    return file;
  }

  function addAddon(where: string, ageMs: number): void {
    const file = path.join(native, where, 'orca.node');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, 'an addon');
    const made = (newestSourceMs() - ageMs) / 1000;
    utimesSync(file, made, made);
  }

  const newestSourceMs = (): number =>
    Math.max(
      ...readdirSync(native)
        .filter((name) => /\.(c|h|gyp)$/.test(name))
        .map((name) => statSync(path.join(native, name)).mtimeMs),
    );

  if (COMPILES) {
    it('makes an addon that loads, once', async () => {
      await compile();
      expect(said[0]).to.equal('Compiling the native hash loops, once');
      expect(said[1]).to.match(/^Compiled the native hash loops in \d+ s$/);
      const load = `const module = { exports: {} }; process.dlopen(module, ${JSON.stringify(addon)});
        console.log(Object.keys(module.exports).join())`;
      const loaded = spawnSync(process.execPath, ['-e', load], { encoding: 'utf8' });
      expect(loaded.stdout, loaded.stderr).to.equal('variants,createScanner,load,scan\n');
      expect(readdirSync(path.join(native, 'build'))).to.deep.equal(['Release']);
      await compile();
      expect(said).to.have.length(2);
    });
  }

  if (process.platform === 'linux') {
    it('may be done by several processes at once', async () => {
      const compiler = fakeCompiler('while [ "$1" != -o ]; do shift; done; echo made >"$2"');
      await Promise.all([compile({ compiler }), compile({ compiler })]);
      expect(said.filter((line) => line.startsWith('Compiled the'))).to.have.length(2);
      expect(readFileSync(addon, 'utf8')).to.equal('made\n');
      expect(readdirSync(path.join(native, 'build'))).to.deep.equal(['Release']);
    });

    it('tells the first error in the code', async () => {
      const errors = ['cpu.c: In function', 'cpu.c:1:5: error: no', 'cpu.c:2:5: error: no, too'];
      const compiler = fakeCompiler(`printf '${errors.join('\\n')}\\n' >&2; exit 1`);
      await compile({ compiler });
      expect(said[1]).to.equal(
        `The native hash loops can't be compiled, so WebAssembly takes their place: ${errors[1]}`,
      );
      expect(readdirSync(path.join(native, 'build/Release'))).to.deep.equal([]);
    });

    it('is not done where an addon is no older than its sources, and is where it is older', async () => {
      const compiler = fakeCompiler('exit 1');
      const places = ['build/Release', `prebuilds/${process.platform}-${process.arch}`];
      for (const place of places) {
        addAddon(place, -2000);
        await compile({ compiler });
        expect(said, place).to.deep.equal([]);
        rmSync(path.join(native, place), { recursive: true });
      }
      for (const place of places) addAddon(place, 2000);
      addAddon('prebuilds/darwin-x64', -2000);
      await compile({ compiler });
      expect(said).to.deep.equal([
        'Compiling the native hash loops, once',
        "The native hash loops can't be compiled, so WebAssembly takes their place: the compiler failed",
      ]);
    });

    it('is done where the addon that is used is older than its sources, whatever prebuild is newer', async () => {
      addAddon('build/Release', 2000);
      addAddon(`prebuilds/${process.platform}-${process.arch}`, -2000);
      await compile({ compiler: fakeCompiler('exit 1') });
      expect(said[0]).to.equal('Compiling the native hash loops, once');
    });

    it('is not done for a backend that is none, by the rule of the setting', async () => {
      const compiler = fakeCompiler('exit 1');
      for (const backend of ['wasm-simd', 'wasm', 'JS', 'gpu']) {
        await compile({ compiler, backend });
      }
      expect(said).to.deep.equal([]);
      for (const backend of [undefined, '', 'none', 'Default', 'auto', ' Native ']) {
        await compile({ compiler, backend });
        expect(said.splice(0), backend).to.have.length(2);
      }
    });

    it('ends when it takes too long, and when it is interrupted, which is not told', async () => {
      const compiler = fakeCompiler('exec sleep 60');
      await compile({ compiler, limitMs: 500 });
      expect(said[1]).to.match(/: it took too long$/);
      const interruption = new AbortController();
      const say = (line: string): void => {
        said.push(line);
        interruption.abort();
      };
      await compile({ compiler, say, signal: interruption.signal });
      expect(said.slice(2)).to.deep.equal(['Compiling the native hash loops, once']);
      expect(readdirSync(path.join(native, 'build'))).to.deep.equal(['Release']);
    });

    it('is told when there is no room for it', async () => {
      writeFileSync(path.join(native, 'build'), '');
      await compile({ compiler: fakeCompiler('exit 0') });
      expect(said[1]).to.match(/ takes their place: .* \(E\w+\)$|: E\w+: /);
    });
  }

  it('is nothing to speak of without a compiler', async () => {
    await compile({ compiler: path.join(folder, 'no-compiler') });
    expect(said).to.deep.equal([]);
    expect(existsSync(path.join(native, 'build'))).to.equal(false);
  });

  it('is asked for by the scripts that start nodes, and by nothing else', () => {
    const asking = Object.entries<string>(scripts).filter(([, line]) => line.includes('--compile'));
    expect(asking.map(([name]) => name)).to.deep.equal(['start', 'simulate', 'serve']);
  });

  it('needs nothing but what npm ci installs', () => {
    const headers = path.join(NATIVE, '../node_modules/node-api-headers/include/node_api.h');
    expect(readFileSync(headers, 'utf8')).to.include('napi_');
  });
});
