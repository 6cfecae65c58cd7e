import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { checkStore, forgetDamage, SdkStore, StoreError } from '../../src/koii/sdk-store';
import { createLog } from '../../src/process/log';
import type { KeyValueStore } from '../../src/store/store';
import { MemoryStore } from '../fixtures/memory-store';
import { until } from '../fixtures/until';

const log = createLog('silent');

/** The official SDK's NeDB as far as it matters: it answers from memory, and appends to a file that may fail. */
class FakeDatabase {
  readonly memory = new Map<string, string>();
  full = false;
  /** Why it can't be loaded. */
  fault: Error | undefined;
  readonly filename: string;
  constructor(readonly file: string) {
    this.filename = file;
  }

  findOne({ key }: { key: string }): Promise<Record<string, string> | null> {
    if (this.fault) return Promise.reject(this.fault);
    const value = this.memory.get(key);
    return Promise.resolve(value === undefined ? null : { key, [key]: value });
  }

  async update(_query: object, document: { key: string }): Promise<void> {
    const value = (document as Record<string, unknown>)[document.key] as string;
    this.memory.set(document.key, value);
    const line = `${JSON.stringify([document.key, value])}\n`;
    await appendFile(this.file, this.full ? line.slice(0, 4) : line);
    if (this.full) throw new Error('ENOSPC');
  }

  async compactDatafileAsync(): Promise<void> {
    if (this.full) throw new Error('ENOSPC');
    await writeFile(this.file, [...this.memory].map((e) => `${JSON.stringify(e)}\n`).join(''));
  }

  /** What another process would read. */
  get onDisk(): Map<string, string> {
    const lines = readFileSync(this.file, 'utf8').split('\n').filter(Boolean);
    return new Map(
      lines.flatMap((line) => {
        try {
          return [JSON.parse(line) as [string, string]];
        } catch {
          return [];
        }
      }),
    );
  }
}

/** How NeDB says that a file is garbage. */
function corrupt(): Error {
  return Object.assign(new Error('100% of the data file is corrupt'), { corruptionRate: 1 });
}

/** How level says why it can't open a folder. */
function unopened(code: string): Error {
  return new Error('Database failed to open', { cause: Object.assign(new Error(code), { code }) });
}

describe("the SDK's store", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'store-test-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const failure = async (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  describe('of the official SDK', () => {
    let db: FakeDatabase;
    let store: SdkStore;
    beforeEach(() => {
      db = new FakeDatabase(path.join(folder, 'state/db'));
      store = new SdkStore({ getDb: () => Promise.resolve(db) });
    });

    it('keeps what it was given, on disk', async () => {
      await store.set('a', '1');
      expect(await store.get('a')).to.equal('1');
      expect(db.onDisk.get('a')).to.equal('1');
    });

    it('says that it failed when the disk is full, though it could be read back', async () => {
      db.full = true;
      expect(await failure(store.set('a', '1'))).to.be.instanceOf(Error);
      expect(await store.get('a')).to.equal('1');
    });

    it('loses nothing to the half line that a full disk left', async () => {
      await store.set('a', '1');
      db.full = true;
      await failure(store.set('b', '2'));
      await failure(store.set('c', '3'));
      db.full = false;
      await store.set('d', '4');
      expect([...db.onDisk]).to.have.deep.members([...db.memory]);
    });

    it('says when it has no file, because the node did not tell the SDK where', async () => {
      expect(await store.isInMemory()).to.equal(false);
      Object.assign(db, { inMemoryOnly: true });
      expect(await store.isInMemory()).to.equal(true);
    });

    it('tells what is not there from what can not be read', async () => {
      expect(await store.get('a')).to.equal(null);
      db.fault = Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      expect(await failure(store.get('a'))).to.equal(db.fault);
      db.fault = corrupt();
      expect(await store.get('a')).to.equal(null);
    });

    it('writes everything anew when its directory was removed', async () => {
      await store.set('a', '1');
      await store.set('b', '2');
      rmSync(path.dirname(db.file), { recursive: true });
      await store.set('c', '3');
      expect([...db.onDisk]).to.have.deep.members([...db.memory]);
    });

    it('does not let its file grow for ever', async () => {
      const value = 'x'.repeat(10_000);
      for (let i = 0; i < 300; i++) await store.set('same', `${value}${i}`);
      expect(readFileSync(db.file).length).to.be.lessThan(1.1 * 2 ** 20);
      expect(db.onDisk.get('same')).to.equal(`${value}299`);
    });
  });

  describe('when it is opened', () => {
    let memory: MemoryStore;
    let file: string;
    const locate = (): Promise<string> => Promise.resolve(file);
    beforeEach(() => {
      memory = new MemoryStore();
      file = path.join(folder, 'KOIILevelDB.db');
    });

    it('is left alone where it works', async () => {
      writeFileSync(file, 'good');
      await checkStore(memory, locate, log, 1);
      expect(readFileSync(file, 'utf8')).to.equal('good');
    });

    for (const [what, fault, make] of [
      ['file', corrupt(), () => writeFileSync(file, 'garbage')],
      ['folder', unopened('LEVEL_CORRUPTION'), () => mkdirSync(file)],
    ] as const) {
      it(`is moved aside, once, as a ${what} of garbage`, async () => {
        make();
        Object.assign(memory, { broken: true, fault });
        expect(await failure(checkStore(memory, locate, log, 1))).to.be.instanceOf(StoreError);
        expect(existsSync(file)).to.equal(false);
        expect(existsSync(`${file}.unreadable`)).to.equal(true);
        make();
        expect(await checkStore(memory, locate, log, 1)).to.equal(false);
        expect(existsSync(file)).to.equal(true);
      });
    }

    for (const [what, fault] of [
      ['locked', unopened('LEVEL_LOCKED')],
      ...['EACCES', 'EMFILE', 'ENOSPC', 'EIO', 'EROFS'].map(
        (code) => [`not to be opened (${code})`, Object.assign(new Error(code), { code })] as const,
      ),
    ] as const) {
      it(`stays where it is when it is ${what}, for a later process`, async () => {
        writeFileSync(file, 'good');
        Object.assign(memory, { broken: true, fault });
        const error = await failure(checkStore(memory, locate, log, 1));
        expect(error).to.be.instanceOf(StoreError);
        expect(String(error)).to.include('left alone');
        expect(readFileSync(file, 'utf8')).to.equal('good');
        expect(readdirSync(folder)).to.have.length(1);
      });
    }

    it('stays where it is while the node does not tell where that is', async () => {
      writeFileSync(file, 'good');
      memory.broken = true;
      const away = new Error('K2 is away');
      let told = 0;
      const once = (): Promise<string> => (told++ === 0 ? locate() : Promise.reject(away));
      expect(await failure(checkStore(memory, once, log, 1))).to.equal(away);
      expect(readFileSync(file, 'utf8')).to.equal('good');
    });

    it('stays where it is when it failed for a moment', async () => {
      writeFileSync(file, 'good');
      memory.broken = true;
      let located = 0;
      const mended = (): Promise<string> => {
        // Once before each try, and once after the one that failed.
        if (++located === 3) memory.broken = false;
        return locate();
      };
      expect(await checkStore(memory, mended, log, 1)).to.equal(true);
      expect(located).to.equal(3);
      expect(readFileSync(file, 'utf8')).to.equal('good');
    });

    it('is done without where there was none to lose', async () => {
      memory.broken = true;
      expect(await checkStore(memory, locate, log, 1)).to.equal(false);
      expect(existsSync(file)).to.equal(false);
    });

    describe('after it was damaged', () => {
      const aside = (): string => `${file}.unreadable`;
      const damage = (what: string): Promise<unknown> => {
        writeFileSync(file, what);
        const broken = Object.assign(new MemoryStore(), { broken: true, fault: corrupt() });
        return failure(checkStore(broken, locate, log, 1));
      };
      beforeEach(() => damage('first'));

      it('and has worked for a while, is moved aside again', async () => {
        forgetDamage(memory, file, log, 1);
        await until(() => !existsSync(aside()));
        expect(await damage('second')).to.be.instanceOf(StoreError);
        expect(readFileSync(aside(), 'utf8')).to.equal('second');
        expect(readFileSync(`${aside()}.old`, 'utf8')).to.equal('first');
        forgetDamage(memory, file, log, 1);
        await until(() => !existsSync(aside()));
        expect(await damage('third')).to.be.instanceOf(StoreError);
        expect(readFileSync(aside(), 'utf8')).to.equal('third');
        expect(readFileSync(`${aside()}.old`, 'utf8')).to.equal('second');
      });

      it('and does not work, keeps what was moved aside where it is, until it does', async () => {
        memory.broken = true;
        let tries = 0;
        const counted: KeyValueStore = {
          get: (key) => memory.get(key),
          set: (key, value) => {
            tries++;
            return memory.set(key, value);
          },
        };
        forgetDamage(counted, file, log, 10);
        await until(() => tries >= 3);
        expect(readFileSync(aside(), 'utf8')).to.equal('first');
        memory.broken = false;
        await until(() => !existsSync(aside()));
        expect(readFileSync(`${aside()}.old`, 'utf8')).to.equal('first');
      });
    });
  });
});
