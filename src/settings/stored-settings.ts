import { readFile, rename, stat } from 'node:fs/promises';
import { replaceFile } from '../store/files';

/** How the file is called beside a store: the store's path with this behind it, or this in its folder. */
export const SETTINGS_FILE = '.settings';

const MAX_BYTES = 64 * 1024;
/** For this user alone: secrets may be among them. */
const MODE = 0o600;

/** What was written for settings, by name; names that this version doesn't know are kept. */
export type Entries = Readonly<Record<string, unknown>>;

/** The file that settings are kept in, and beside it a copy of the last one that was good. */
export class StoredSettings {
  private constructor(
    private readonly file: string,
    readonly entries: Entries,
    private good: Entries,
    /** Why it can't be read; undefined when it can, or is not there. */
    readonly problem: string | undefined,
  ) {}

  static async open(file: string): Promise<StoredSettings> {
    const [found, copy] = [await read(file), await read(copyOf(file))];
    const lastGood = 'entries' in copy ? copy.entries : {};
    return 'entries' in found
      ? new StoredSettings(file, found.entries, lastGood, undefined)
      : new StoredSettings(file, lastGood, lastGood, found.problem);
  }

  /** What the file was before somebody spoilt it. */
  get lastGood(): Entries {
    return this.good;
  }

  /** Keeps what is in the file now as the last that was good. @throws what the file system says */
  async confirm(): Promise<void> {
    const text = textOf(this.entries);
    if (text !== textOf(this.good)) await replaceFile(copyOf(this.file), text, MODE);
    this.good = this.entries;
  }

  /**
   * Writes other settings, whole or not at all. What could not be read is moved aside.
   * @returns the file as it is then
   * @throws what the file system says
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
