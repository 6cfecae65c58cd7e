import { readFile, rename, stat } from 'node:fs/promises';
import { replaceFile } from '../store/files';

/** The file's name beside a store: the store's path with this appended, or this in the store's folder. */
export const SETTINGS_FILE = '.settings';

const MAX_BYTES = 64 * 1024;
/** For this user alone: settings may be secret. */
const MODE = 0o600;

/** What was written for each setting, by name; names this version doesn't know are kept. */
export type Entries = Readonly<Record<string, unknown>>;

/** The file that keeps the settings, and a copy of its last good content beside it. */
export class StoredSettings {
  private constructor(
    private readonly file: string,
    readonly entries: Entries,
    private good: Entries,
    /** Why it can't be read; undefined when it can, or doesn't exist. */
    readonly problem: string | undefined,
  ) {}

  static async open(file: string): Promise<StoredSettings> {
    const [found, copy] = [await read(file), await read(copyOf(file))];
    const lastGood = 'entries' in copy ? copy.entries : {};
    return 'entries' in found
      ? new StoredSettings(file, found.entries, lastGood, undefined)
      : new StoredSettings(file, lastGood, lastGood, found.problem);
  }

  /** The content before the file was damaged. */
  get lastGood(): Entries {
    return this.good;
  }

  /** Keeps what is in the file now as its last good content. @throws what the file system throws */
  async confirm(): Promise<void> {
    const text = textOf(this.entries);
    if (text !== textOf(this.good)) await replaceFile(copyOf(this.file), text, MODE);
    this.good = this.entries;
  }

  /**
   * Writes other settings, completely or not at all. A file that could not be read is moved aside.
   * @returns the file as it is afterwards
   * @throws what the file system throws
   */
  async replace(entries: Entries): Promise<StoredSettings> {
    if (this.problem) await rename(this.file, `${this.file}.unreadable`).catch(() => undefined);
    await replaceFile(this.file, textOf(entries), MODE);
    return new StoredSettings(this.file, entries, this.good, undefined);
  }
}

function copyOf(file: string): string {
  return `${file}.last-good`;
}

function textOf(entries: Entries): string {
  return `${JSON.stringify(entries, null, 2)}\n`;
}

async function read(file: string): Promise<{ entries: Entries } | { problem: string }> {
  try {
    const stats = await stat(file);
    if (!stats.isFile()) return { problem: 'it is no file' };
    if (stats.size > MAX_BYTES) return { problem: `it has more than ${MAX_BYTES} bytes` };
    const text = await readFile(file, 'utf8');
    const entries: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (typeof entries === 'object' && entries !== null && !Array.isArray(entries)) {
      return { entries: entries as Entries };
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { entries: {} };
    if (code !== undefined) return { problem: `reading it failed (${code})` };
  }
  return { problem: 'it is no JSON object' };
}
