import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { replaceFile } from '../../src/store/files';
import type { KeyValueStore } from '../../src/store/store';

/** A store with one small file for each key, replaced as a whole. */
export class FileStore implements KeyValueStore {
  private last: Promise<void> = Promise.resolve();

  private constructor(private readonly directory: string) {}

  /** @throws if the directory can't be created or written to. */
  static async open(directory: string): Promise<FileStore> {
    await mkdir(directory, { recursive: true });
    const store = new FileStore(directory);
    await store.set('format', '1');
    return store;
  }

  async get(key: string): Promise<string | null> {
    try {
      return await readFile(this.pathOf(key), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  /** Writes one value at a time, so that the last one set is the one that stays. */
  set(key: string, value: string): Promise<void> {
    const written = this.last.then(() => replaceFile(this.pathOf(key), value));
    this.last = written.catch(() => undefined);
    return written;
  }

  /** Names with a leading dot are reserved for other files, such as the lock. */
  private pathOf(key: string): string {
    return path.join(this.directory, encodeURIComponent(key).replace(/^\./, '%2E'));
  }
}
