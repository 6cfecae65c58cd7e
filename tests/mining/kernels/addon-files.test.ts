import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import {
  checkAddon,
  closedFolder,
  embeddedOffers,
  inProfile,
  removeOldAddons,
  writeAddon,
} from '../../../src/mining/kernels/addon-files';
import { nativeVariants } from '../../../src/mining/kernels/native';

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
    const module = JSON.stringify(require.resolve('../../../src/mining/kernels/addon-files.ts'));
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

  it('are written anew when they were removed, and leave no draft when that fails', () => {
    const file = writeAddon(bytes, folder);
    rmSync(file);
    expect(writeAddon(bytes, folder)).to.equal(file);
    rmSync(file);
    mkdirSync(file);
    expect(() => writeAddon(bytes, folder)).to.throw();
    expect(readdirSync(folder)).to.deep.equal([path.basename(file)]);
  });

  it('are checked again before they are loaded', () => {
    const file = writeAddon(bytes, folder);
    expect(() => checkAddon({ file, sha256: HASH })).not.to.throw();
    writeFileSync(file, 'tampered');
    expect(() => checkAddon({ file, sha256: HASH })).to.throw('was changed after it was written');
    rmSync(file);
    expect(() => checkAddon({ file, sha256: HASH })).to.throw(
      `${file} was removed or blocked after it was written, as antivirus software does (ENOENT)`,
    );
  });

  it('that no system loads are told with the reason', () => {
    const offers = embeddedOffers(bytes, folder, path.join(folder, 'missing'));
    expect(() => nativeVariants(offers)).to.throw(/orca-native-.+; ENOENT/);
  });
});

describe('the addons of earlier versions', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'addon-test-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("go from the task's own folder, and nothing else does", () => {
    const old = writeAddon(Buffer.from('old'), folder);
    const kept = writeAddon(Buffer.from('new'), folder);
    const others = [
      `${path.basename(old)}.12-0`,
      `x${path.basename(old)}`,
      'orca-native-1.node',
      'KOIILevelDB.db',
    ];
    for (const name of others) writeFileSync(path.join(folder, name), 'other');
    removeOldAddons(folder, [/[0-9a-f]{64}/.exec(kept)![0]]);
    expect(readdirSync(folder)).to.have.members([path.basename(kept), ...others]);
  });

  it('stay where they cannot be removed', () => {
    mkdirSync(path.join(folder, `orca-native-${'0'.repeat(64)}.node`));
    removeOldAddons(folder, []);
    removeOldAddons(path.join(folder, 'missing'), []);
    expect(readdirSync(folder)).to.have.length(1);
  });
});

describe('the profile of a user of Windows', () => {
  const LONG = 'C:\\Users\\John Smith';
  const SHORT = 'C:\\Users\\JOHNSM~1';
  const temporary = (profile: string): string => `${profile}\\AppData\\Local\\Temp`;
  /** Resolves as Windows does where its own function answers, and as Node does. */
  const realpath = (native: (link: string) => string) =>
    Object.assign((link: string) => link, { native });
  const windows = realpath((link) => link.replace('JOHNSM~1', 'John Smith'));

  it('has the temporary folder in it by its short name too', () => {
    const found = temporary(LONG);
    expect(inProfile(temporary(SHORT), LONG, windows)).to.equal(found);
    expect(inProfile(temporary(LONG), SHORT, windows)).to.equal(found);
    expect(inProfile(temporary(LONG), LONG.toUpperCase(), windows)).to.equal(found);
  });

  it('is resolved as Node does where the system has no answer', () => {
    const refusing = realpath((link) => {
      if (link === LONG) return link;
      throw new Error('EISDIR: illegal operation on a directory');
    });
    expect(inProfile(temporary(LONG), LONG, refusing)).to.equal(temporary(LONG));
    expect(() => inProfile(temporary(SHORT), LONG, refusing)).to.throw('is not in');
  });

  it("has neither others' folders in it nor those of other drives", () => {
    for (const folder of ['C:\\Users\\Jane', 'C:\\Users', 'C:\\', `D${LONG.slice(1)}`]) {
      expect(() => inProfile(folder, LONG, windows), folder).to.throw(
        `other users may write to ${folder}, as it is not in ${LONG}`,
      );
    }
  });
});

describe('the folders of embedded addons', () => {
  const bytes = Buffer.from('not really an addon');
  let folder: string;
  let own: string;
  let temporary: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'addon-test-')));
    [own, temporary] = ['own', 'temporary'].map((name) => path.join(folder, name)) as [
      string,
      string,
    ];
    mkdirSync(own, { mode: 0o700 });
    mkdirSync(temporary, { mode: 0o700 });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const places = (): (() => string)[] =>
    embeddedOffers(bytes, own, temporary).map(({ place }) => place);

  it("are the task's own, then one of this user among the temporary files", () => {
    const [first, second] = places();
    expect(readdirSync(own)).to.deep.equal([]);
    expect(path.dirname(first!())).to.equal(own);
    expect(readdirSync(temporary)).to.deep.equal([]);
    const found = second!();
    expect(second!()).to.equal(found);
    expect(readdirSync(temporary)).to.deep.equal([path.basename(path.dirname(found))]);
    expect(readdirSync(path.dirname(found))).to.have.length(1);
  });

  it('are the temporary ones alone where the task has none', () => {
    const [only, ...others] = embeddedOffers(bytes, undefined, temporary);
    expect(others).to.deep.equal([]);
    expect(only!.place().startsWith(`${temporary}${path.sep}`)).to.equal(true);
  });

  if (!process.getuid) return;
  const user = process.getuid();

  it('are not open to others, nor below a folder that is', () => {
    const open: readonly [string, number][] = [
      [own, 0o777],
      [own, 0o770],
      // Others could put a file of theirs in its place first.
      [own, 0o1777],
      [folder, 0o777],
    ];
    for (const [which, mode] of open) {
      chmodSync(which, mode);
      expect(places()[0], mode.toString(8)).to.throw(`other users can write to ${which}`);
      chmodSync(which, 0o700);
    }
    expect(readdirSync(own)).to.deep.equal([]);
    expect(places()[0]).not.to.throw();
  });

  it('may lie where others can write, but not replace what is there', () => {
    chmodSync(folder, 0o1777);
    for (const place of places()) expect(place).not.to.throw();
  });

  it('are judged by where links lead', () => {
    const link = path.join(folder, 'link');
    symlinkSync(own, link);
    expect(closedFolder(link)).to.equal(own);
    chmodSync(own, 0o777);
    expect(() => closedFolder(link)).to.throw(`other users can write to ${own}`);
  });

  it("are no one else's: neither a link, nor a file, nor open to others", () => {
    const theirs = path.join(temporary, `orca-native-${user}`);
    const occupy: (() => void)[] = [
      () => symlinkSync(own, theirs),
      () => writeFileSync(theirs, ''),
      () => {
        mkdirSync(theirs);
        chmodSync(theirs, 0o755);
      },
    ];
    for (const occupied of occupy) {
      occupied();
      expect(places()[1]).to.throw(`${theirs} is not a folder of this user alone`);
      rmSync(theirs, { recursive: true });
    }
    expect(readdirSync(own)).to.deep.equal([]);
  });

  it('belong to this user or root', function () {
    // Only root can give a folder away.
    if (user !== 0) this.skip();
    chownSync(own, 65534, 65534);
    expect(places()[0]).to.throw(`other users can write to ${own}`);
    mkdirSync(path.join(temporary, 'orca-native-0'), { mode: 0o700 });
    chownSync(path.join(temporary, 'orca-native-0'), 65534, 65534);
    expect(places()[1]).to.throw('is not a folder of this user alone');
  });
});
