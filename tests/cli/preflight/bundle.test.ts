import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { checkAge, consensusIn, readBundle } from '../../../cli/preflight/bundle';
import { checkBundle } from '../../../cli/preflight/checks';
import { lineOf } from '../../../cli/preflight/finding';

const STAND_IN = ';// ./sdk-stand-in/namespace-wrapper/index.ts';
const OFFICIAL = ['namespace-wrapper', 'task-manager']
  .map((name) => `/***/ "./node_modules/@_koii/${name}/dist/index.js"`)
  .join('\n');
const PINNED = { version: '1.0.0', integrity: 'sha512-right' };
const PLATFORM_ELF = Buffer.alloc(64);
PLATFORM_ELF.write('\x7fELF', 'latin1');
PLATFORM_ELF.writeUInt16LE(0x3e, 18);

describe('what preflight says of a bundle', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(path.join(os.tmpdir(), 'preflight-'));
    mkdirSync(path.join(root, 'dist'));
    lock('package-lock.json', PINNED);
  });

  afterEach(() => rmSync(root, { recursive: true }));

  function write(name: string, text: string): string {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  function lock(name: string, of: object): void {
    const packages = {
      'node_modules/@_koii/namespace-wrapper': of,
      'node_modules/@_koii/task-manager': of,
      'node_modules/@_koii/task-manager/node_modules/x': {},
    };
    write(name, JSON.stringify({ packages }));
  }

  function install(version: string): void {
    for (const name of ['namespace-wrapper', 'task-manager']) {
      write(`node_modules/@_koii/${name}/package.json`, JSON.stringify({ version }));
    }
  }

  function bundle({
    sdk = STAND_IN,
    consensus = '{"network":"main"}',
    addons = {},
    more = '',
  } = {}) {
    const code = [
      sdk,
      'module.exports = require("node:fs");',
      `const consensus_built = typeof ${consensus} === 'undefined' ? undefined : ${consensus};`,
      `const EMBEDDED_ADDONS = ${JSON.stringify(addons)};`,
      more,
    ];
    return readBundle(write('dist/main.js', code.join('\n')));
  }

  const linesOn = (options: Parameters<typeof bundle>[0] = {}): string =>
    checkBundle(bundle(options), root).map(lineOf).join('\n');

  it('is its SHA-256, and that it asks for modules of Node alone', () => {
    const { bytes } = bundle();
    const sum = createHash('sha256').update(bytes).digest('hex');
    expect(linesOn()).to.match(new RegExp(`^PASS bundle: .*SHA-256 ${sum}`, 'm'));
    const more = 'module.exports = require("left-pad");';
    expect(linesOn({ more })).to.match(/^FAIL bundle: .* asks for "left-pad"/m);
    write('dist/chunk.js', '');
    expect(linesOn()).to.match(/^WARN bundle: 1 other program beside it, "chunk\.js"/m);
  });

  it('is that a rehearsal build must not be deployed, whatever it is built for', () => {
    const { builtRehearsal } = createRequire(__filename)('../../../build/rehearsal.js') as {
      builtRehearsal: (env: Record<string, unknown>) => unknown;
    };
    const built = (env: Record<string, unknown>): string =>
      `const REHEARSAL = ${JSON.stringify(builtRehearsal({ ...env, 'rehearsal-id': '0000aaaa' }))};`;
    expect(linesOn()).to.match(/^PASS rehearsal: none/m);
    expect(linesOn({ more: built({ rehearsal: true }) })).to.match(
      /^FAIL rehearsal: .*main\.js is rehearsal build 0000aaaa, .*casts no vote.*npm run build:release\.$/m,
    );
    expect(linesOn({ more: built({ rehearsal: 'own', record: true }) })).to.match(
      /^FAIL rehearsal: .*0000aaaa, .*may keep the calls.*npm run build:release\.$/m,
    );
  });

  it('is which SDK is in it', () => {
    expect(linesOn()).to.match(/^WARN SDK: the stand-in .*npm ci --include=optional/m);
    expect(linesOn({ sdk: '' })).to.match(/^FAIL SDK: neither/m);
  });

  it('is that the official SDK is what package-lock.json pins', () => {
    install('1.0.0');
    lock('node_modules/.package-lock.json', PINNED);
    const text = linesOn({ sdk: OFFICIAL });
    expect(text).to.match(/^PASS SDK: the official one/m);
    expect(text).to.match(/^PASS SDK hashes: .*namespace-wrapper 1\.0\.0.*sha512-right/m);
  });

  it('is that it is not, by version, by hash, or without any', () => {
    const hashes = /^FAIL SDK hashes: what is installed of @_koii\/namespace-wrapper, @_koii/m;
    lock('node_modules/.package-lock.json', PINNED);
    expect(linesOn({ sdk: OFFICIAL }), 'not installed').to.match(hashes);
    install('1.0.1');
    expect(linesOn({ sdk: OFFICIAL }), 'version').to.match(hashes);
    install('1.0.0');
    lock('node_modules/.package-lock.json', { version: '1.0.0', integrity: 'sha512-wrong' });
    expect(linesOn({ sdk: OFFICIAL }), 'hash').to.match(hashes);
    lock('package-lock.json', { version: '1.0.0' });
    expect(linesOn({ sdk: OFFICIAL })).to.match(
      /^FAIL SDK hashes: package-lock\.json has no hash/m,
    );
  });

  it('is the native code in it', () => {
    const elf = PLATFORM_ELF.toString('base64');
    expect(linesOn()).to.match(
      /^WARN native code: none; linux-x64, .* would mine with WebAssembly/m,
    );
    expect(linesOn({ addons: { 'linux-x64': [elf] } })).to.match(
      /^WARN native code: for linux-x64; linux-arm64, /m,
    );
    expect(linesOn({ addons: { 'darwin-arm64': [elf] } })).to.match(
      /^FAIL native code: what is said to be for "darwin-arm64" is not/m,
    );
  });

  it('is what its proofs are judged by', () => {
    const program = '00'.repeat(20);
    const consensus = `{"network":"testnet4","taskPayout":{"program":"${program}","percent":10}}`;
    const text = linesOn({ consensus });
    expect(text).to.match(/^WARN bitcoin: blocks of Bitcoin's testnet4, which are worth nothing/m);
    expect(text).to.match(/^WARN task-payout: 10 % of each Bitcoin block go to tb1q\w+;/m);
    expect(linesOn()).to.match(
      /^PASS bitcoin: .*main.*^PASS task-payout: blocks pay the task nothing/ms,
    );
    expect(consensusIn(bundle({ consensus: '0' }))).to.equal(undefined);
    expect(linesOn({ consensus: '0' })).to.match(/^FAIL bitcoin: .*no bundle of this task/m);
  });

  it('is whether SHA256SUMS fits', () => {
    const { bytes } = bundle();
    const sum = createHash('sha256').update(bytes).digest('hex');
    expect(linesOn()).to.match(/^WARN SHA256SUMS: none/m);
    write('SHA256SUMS', `${sum}  dist/main.js\n`);
    expect(linesOn()).to.match(/^PASS SHA256SUMS: .*fits 1 file/m);
    write('SHA256SUMS', `${'0'.repeat(64)}  dist/main.js\n`);
    expect(linesOn()).to.match(/^FAIL SHA256SUMS: .*another SHA-256 for "dist\/main\.js"/m);
    write('SHA256SUMS', `${sum}  elsewhere/main.js\n`);
    expect(linesOn()).to.match(/^WARN SHA256SUMS: .*no line for dist\/main\.js/m);
  });

  it('is whether something it is made of is newer', () => {
    for (const name of ['src/a.ts', 'sdk-stand-in/b.ts', 'build/c.js', 'webpack.config.js']) {
      write(name, '');
    }
    const built = bundle();
    const later = new Date(Date.now() + 60_000);
    utimesSync(built.path, later, later);
    expect(checkAge(built, root).level).to.equal('PASS');
    const last = new Date(Date.now() + 120_000);
    utimesSync(path.join(root, 'src/a.ts'), last, last);
    expect(lineOf(checkAge(built, root))).to.match(/^WARN bundle age: older than 1 file .*src/);
  });

  it('is that there is none', () => {
    expect(() => readBundle(path.join(root, 'none.js'))).to.throw(
      /none\.js can't be read: there is/,
    );
  });
});
