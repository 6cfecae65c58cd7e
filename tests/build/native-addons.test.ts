import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { buildFixture } from '../bundle/webpack';

const { PLATFORMS, allPrebuilds, platformOf } = createRequire(__filename)(
  '../../build/native-addons.js',
) as {
  PLATFORMS: readonly string[];
  allPrebuilds: (native: string) => unknown[];
  platformOf: (bytes: Buffer) => string | undefined;
};

const { digestOfSources, writeOrigin } = createRequire(__filename)(
  '../../build/prebuilds/origin.js',
) as {
  digestOfSources: (native: string) => string;
  writeOrigin: (native: string, origin: { sources: string; compiler: string }) => void;
};

const HERE = `${process.platform}-${process.arch}`;
const OTHERS = PLATFORMS.filter((platform) => platform !== HERE);

/** What a build says of its native code. */
const SAID = /, (n[^;]*);/;

describe('native code in the bundle', function () {
  this.timeout(120_000);
  let folder: string;
  let native: string;
  let out: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'native-addons-test-'));
    native = path.join(folder, 'a/native');
    out = path.join(folder, 'out');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const build = (...env: string[]) =>
    buildFixture('print-kernel.ts', out, `addons=${native}`, ...env);

  function addAddon(below: string, bytes: Buffer): string {
    const file = path.join(native, below, 'orca.node');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    return file;
  }

  const addPrebuild = (platform: string, bytes = headerOf(platform)): string =>
    addAddon(path.join('prebuilds', platform), bytes);

  /** For all platforms, made from what is in the folder now. */
  function addPrebuilds(): string[] {
    const prebuilds = PLATFORMS.map((platform) => addPrebuild(platform));
    writeOrigin(native, { sources: digestOfSources(native), compiler: 'any' });
    return prebuilds;
  }

  it('is what was built, and is named', async () => {
    const files = [addAddon('build/Release', Buffer.from('of this machine'))];
    files.push(...OTHERS.slice(0, 2).map((platform) => addPrebuild(platform)));
    const { stdout } = await build();
    expect(SAID.exec(stdout)?.[1]).to.equal(
      `native code for ${HERE} (built here), ${OTHERS.slice(0, 2).join(', ')}`,
    );
    const bundle = readFileSync(path.join(out, 'main.js'), 'utf8');
    for (const file of files) expect(bundle).to.include(readFileSync(file, 'base64'));
    expect(readdirSync(out)).to.deep.equal(['main.js']);
  });

  it('is left out with --env native=off', async () => {
    const file = addAddon('build/Release', Buffer.from('of this machine'));
    const { stdout } = await build('native=off');
    expect(SAID.exec(stdout)?.[1]).to.equal('no native code (npm run build:prebuilds makes it)');
    const bundle = readFileSync(path.join(out, 'main.js'), 'utf8');
    expect(bundle).not.to.include(readFileSync(file, 'base64'));
  });

  it('is with --env prebuilds that of all platforms alone, with its hashes in SHA256SUMS', async () => {
    const local = addAddon('build/Release', Buffer.from('of this machine'));
    const prebuilds = addPrebuilds();
    const { status, stdout, stderr } = await build('prebuilds');
    expect(status, stderr).to.equal(0);
    expect(SAID.exec(stdout)?.[1]).to.equal(`native code for ${PLATFORMS.join(', ')}`);
    const bundle = readFileSync(path.join(out, 'main.js'), 'utf8');
    for (const file of prebuilds) expect(bundle).to.include(readFileSync(file, 'base64'));
    expect(bundle).not.to.include(readFileSync(local, 'base64'));

    const list = path.join(out, 'SHA256SUMS');
    const lines = readFileSync(list, 'utf8').split('\n').slice(0, -1);
    const names = lines.map((line) => /^[0-9a-f]{64} {2}(\S+)$/.exec(line)![1]!);
    expect(names).to.deep.equal([...names].sort());
    expect(names.map((name) => path.resolve(out, name))).to.have.members([
      path.join(out, 'main.js'),
      ...prebuilds,
    ]);
    for (const [index, name] of names.entries()) {
      const bytes = readFileSync(path.resolve(out, name));
      expect(lines[index]).to.include(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  it('is no bundle at all with --env prebuilds where a platform has none', async () => {
    addPrebuilds();
    for (const platform of [PLATFORMS[1]!, PLATFORMS[4]!]) {
      rmSync(path.join(native, 'prebuilds', platform), { recursive: true });
    }
    const { status, stderr } = await build('prebuilds');
    expect(status).to.equal(1);
    expect(stderr).to.include(`there is none for ${PLATFORMS[1]}, ${PLATFORMS[4]}. `);
    expect(stderr).to.include('npm run build:prebuilds\n').and.not.include('    at ');
    expect(existsSync(out)).to.equal(false);
  });

  it('is not released where it was made from other sources than there are now', () => {
    mkdirSync(native, { recursive: true });
    const source = path.join(native, 'addon.c');
    writeFileSync(source, 'int one;\n');
    addPrebuilds();
    expect(allPrebuilds(native)).to.have.length(PLATFORMS.length);

    writeFileSync(source, 'int two;\n');
    const remedy =
      'so nobody could make the same release again. This makes it anew:\n\n  npm run build:prebuilds\n';
    expect(() => allPrebuilds(native)).to.throw(
      `native/prebuilds was made from other sources than there are now, ${remedy}`,
    );
    rmSync(path.join(native, 'prebuilds/origin.json'));
    expect(() => allPrebuilds(native)).to.throw(
      `native/prebuilds doesn't say from which sources it was made, ${remedy}`,
    );
  });

  it('is not released where a file is of another platform, or none', () => {
    addPrebuilds();
    expect(allPrebuilds(native)).to.have.length(PLATFORMS.length);
    const wrong = addPrebuild('win32-x64', headerOf('linux-x64'));
    expect(() => allPrebuilds(native)).to.throw(
      `${wrong}: expected native code for win32-x64, got some for linux-x64`,
    );
    writeFileSync(wrong, 'MZ');
    expect(() => allPrebuilds(native)).to.throw(
      `${wrong}: expected native code for win32-x64, got something else`,
    );
  });

  it('is not both left out and that of all platforms', async () => {
    const { status, stderr } = await build('prebuilds', 'native=off');
    expect(status).to.equal(1);
    expect(stderr).to.equal('--env prebuilds and --env native=off exclude each other\n');
  });
});

describe('the digest of the sources of prebuilds', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'origin-test-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** @param files contents by names */
  function digestOf(name: string, files: Readonly<Record<string, string>>): string {
    const native = path.join(folder, name);
    for (const [below, text] of Object.entries(files)) {
      const file = path.join(native, below);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return digestOfSources(native);
  }

  it('is the same in any folder, with either line ends, and whatever was built', () => {
    const digest = digestOf('one', { 'addon.c': 'a\nb\n', 'cross/include/x.h': 'c\n' });
    expect(digest).to.match(/^[0-9a-f]{64}$/);
    const same = {
      'cross/include/x.h': 'c\r\n',
      'addon.c': 'a\r\nb\r\n',
      'build/Release/orca.node': 'built',
      'prebuilds/linux-x64/orca.node': 'built',
      '.addon.c.swp': 'of an editor',
      'cross/.DS_Store': 'of a system',
    };
    expect(digestOf('in a folder/two', same)).to.equal(digest);
  });

  it('is another for each change', () => {
    const digests = [
      digestOf('0', { 'addon.c': 'a\n', 'cross/include/x.h': 'b\n' }),
      digestOf('1', { 'addon.c': 'a\n\n', 'cross/include/x.h': 'b\n' }),
      digestOf('2', { 'addon.c': 'a\n', 'cross/include/x.h': 'c\n' }),
      digestOf('3', { 'addon.c': 'a\n', 'cross/include/y.h': 'b\n' }),
      digestOf('4', { 'addon.c': 'a\n' }),
      digestOf('5', { 'addon.c': 'b\n', 'cross/include/x.h': 'a\n' }),
    ];
    expect(new Set(digests).size).to.equal(digests.length);
  });
});

describe('the platform of a file', () => {
  for (const platform of PLATFORMS) {
    it(`is read from its header: ${platform}`, () => {
      expect(platformOf(headerOf(platform))).to.equal(platform);
    });
  }

  it('is that of this Node', function () {
    if (!PLATFORMS.includes(HERE)) this.skip();
    expect(platformOf(readFileSync(process.execPath))).to.equal(HERE);
  });

  it('is not known of anything else, and of what ends early', () => {
    const beyond = Buffer.alloc(64);
    beyond.write('MZ');
    beyond.writeUInt32LE(0xffffffff, 60);
    for (const bytes of [Buffer.alloc(0), Buffer.from('MZ'), beyond, Buffer.alloc(64, '\x7fELF')]) {
      expect(platformOf(bytes), bytes.toString('hex')).to.equal(undefined);
    }
  });
});

/** The least that says what a file is for; the rest tells the files apart. */
function headerOf(platform: string): Buffer {
  const [system, arch] = platform.split('-') as ['linux' | 'win32' | 'darwin', 'x64' | 'arm64'];
  const bytes = Buffer.alloc(256);
  bytes.write(platform, 200);
  if (system === 'linux') {
    bytes.write('\x7fELF\x02\x01\x01', 0, 'latin1');
    bytes.writeUInt16LE({ x64: 62, arm64: 183 }[arch], 18);
  } else if (system === 'win32') {
    bytes.write('MZ');
    bytes.writeUInt32LE(128, 60);
    bytes.write('PE', 128);
    bytes.writeUInt16LE({ x64: 0x8664, arm64: 0xaa64 }[arch], 132);
  } else {
    bytes.writeUInt32LE(0xfeedfacf, 0);
    bytes.writeUInt32LE({ x64: 0x01000007, arm64: 0x0100000c }[arch], 4);
  }
  return bytes;
}
