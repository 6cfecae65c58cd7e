import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { threadId } from 'node:worker_threads';

// An addon can only be loaded from a file. In the bundle its bytes are embedded, so that they have to
// be written first: to the task's own folder, or where that can't be, to a temporary one.

/** Native code: the path of its file, or bytes that are to be one. */
export type AddonSource = string | Uint8Array;

/** There is no addon to load, as where none was built: no fault, but slower. */
export class NoAddonError extends Error {
  override readonly name = 'NoAddonError';
}

/**
 * Loads the first of several addons that this system loads, and gives its exports.
 * @throws NoAddonError when there is none, Error of all that failed.
 */
export function loadAddon(sources: readonly AddonSource[]): unknown {
  if (sources.length === 0) {
    throw new NoAddonError(`there is no native code for ${process.platform}-${process.arch}`);
  }
  return firstThatWorks(
    sources.map(
      (source) => () => (typeof source === 'string' ? load(source) : loadEmbedded(source)),
    ),
  );
}

/** @throws Error of all that failed. */
function firstThatWorks<T>(attempts: readonly (() => T)[]): T {
  const faults: string[] = [];
  for (const attempt of attempts) {
    try {
      return attempt();
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(faults.join('; '));
}

function load(file: string): unknown {
  const addon = { exports: {} as unknown };
  process.dlopen(addon, file);
  return addon.exports;
}

/** @param folder the task's own; a Koii node starts each task in one. */
export function loadEmbedded(bytes: Uint8Array, folder: string = process.cwd()): unknown {
  return firstThatWorks([
    () => load(writeAddon(bytes, folder)),
    () => {
      // A folder of this process's alone (mode 0700): in a shared one others could meddle.
      const temporary = mkdtempSync(path.join(os.tmpdir(), 'orca-native-'));
      try {
        return load(writeAddon(bytes, temporary));
      } finally {
        removeIfPossible(temporary);
      }
    },
  ]);
}

/**
 * Writes an addon to a file named by its hash, unless it is there already, and gives its path. Threads
 * may do so at the same time: a file appears whole or not at all.
 * @throws Error when what can be read back isn't what was to be written.
 */
export function writeAddon(bytes: Uint8Array, folder: string): string {
  const hash = sha256(bytes);
  const file = path.join(folder, `orca-native-${hash}.node`);
  if (!isOurs(file, hash)) {
    const draft = `${file}.${process.pid}-${threadId}`;
    rmSync(draft, { force: true });
    writeFileSync(draft, bytes, { mode: 0o700, flag: 'wx' });
    renameSync(draft, file);
    if (!isOurs(file, hash)) throw new Error(`${file} is not what was written`);
  }
  return file;
}

/** A regular file of this user with the wanted content, which no one else may write. */
function isOurs(file: string, hash: string): boolean {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) return false;
  const mine = !process.getuid || (found.uid === process.getuid() && (found.mode & 0o077) === 0);
  return mine && sha256(readFileSync(file)) === hash;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Windows keeps a loaded file in place; its temporary folder stays behind there. */
function removeIfPossible(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    return;
  }
}
