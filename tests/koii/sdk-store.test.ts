import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { checkStore, SdkStore, StoreError, type SdkStorage } from '../../src/koii/sdk-store';
import { createLog } from '../../src/log';
import { MemoryStore } from '../fixtures/memory-store';

const log = createLog('silent');

/** What matters of the official SDK's NeDB: it answers from memory, and appends to a file that may fail. */
class FakeDatabase {
  readonly memory = new Map<string, string>();
  full = false;
  constructor(readonly file: string) {}

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
      db = new FakeDatabase(path.join(folder, 'db'));
      const sdk: SdkStorage = {
        storeGet: (key) => Promise.resolve(db.memory.get(key) ?? null),
        storeSet: (key) => db.update({}, { key }).catch(() => undefined),
        getDb: () => Promise.resolve(db),
      };
      store = new SdkStore(sdk);
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

    it('does not let its file grow for ever', async () => {
      const value = 'x'.repeat(10_000);
      for (let i = 0; i < 300; i++) await store.set('same', `${value}${i}`);
      expect(readFileSync(db.file).length).to.be.lessThan(1.1 * 2 ** 20);
      expect(db.onDisk.get('same')).to.equal(`${value}299`);
    });
  });

  it('says that it failed when the SDK swallowed the error', async () => {
    const sdk = { storeGet: () => Promise.resolve(null), storeSet: () => Promise.resolve() };
    const error = await failure(new SdkStore(sdk).set('a', '1'));
    expect(String(error)).to.include('did not keep the value of a');
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

    for (const [what, make] of [
      ['file', () => writeFileSync(file, 'garbage')],
      ['folder', () => mkdirSync(file)],
    ] as const) {
      it(`is moved aside, once, as a ${what} of garbage`, async () => {
        make();
        memory.broken = true;
        expect(await failure(checkStore(memory, locate, log, 1))).to.be.instanceOf(StoreError);
        expect(existsSync(file)).to.equal(false);
        expect(existsSync(`${file}.unreadable`)).to.equal(true);
        make();
        await checkStore(memory, locate, log, 1);
        expect(existsSync(file)).to.equal(true);
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
      setTimeout(() => (memory.broken = false), 30);
      await checkStore(memory, locate, log, 40);
      expect(readFileSync(file, 'utf8')).to.equal('good');
    });

    it('stays where it is on a disk that takes no writes, for a later process', async function () {
      file = '/proc/self/status'; // where nobody can write a file
      if (!existsSync(file)) this.skip();
      memory.broken = true;
      const error = await failure(checkStore(memory, locate, log, 1));
      expect(error).to.be.instanceOf(StoreError);
      expect(String(error)).to.include('the disk takes no writes');
    });

    it('is done without where there was none to lose', async () => {
      memory.broken = true;
      await checkStore(memory, locate, log, 1);
      expect(existsSync(file)).to.equal(false);
    });
  });
});
