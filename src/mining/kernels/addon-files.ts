import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import { EMBEDDED_ADDONS } from './embedded-addons';

// Finds the native addons (native/addon.c). An addon can only be loaded from a file. In a bundle its bytes are embedded,
// so they have to be written first, to a folder that nobody else can write to.

/** A file of native code, and the SHA-256 it must have, in hex. */
export interface AddonFile {
  file: string;
  sha256: string;
}

/** An addon and one place to load it from. */
export interface AddonOffer {
  sha256: string;
  /**
   * Writes the file, unless it is there already, and returns its path.
   * @throws Error when it can't be written safely.
   */
  place: () => string;
}

/** fs.realpathSync: Node's own way, and the system's. */
interface Realpath {
  (link: string): string;
  native: (link: string) => string;
}

export const PLATFORM = `${process.platform}-${process.arch}`;
export const FROM_SOURCE = __filename.endsWith('.ts');

const WRITABLE_BY_OTHERS = 0o022;
const OPEN_TO_OTHERS = 0o077;
const STICKY = 0o1000;
const WRITTEN_NAME = /^orca-native-([0-9a-f]{64})\.node$/;

/**
 * The addons for this platform; none is written before its place is asked for. The one built on this machine comes before
 * the prebuilt one, and an embedded one twice, if there is a folder for it: there, then among the temporary files.
 * @param ownFolder the task's own. Not the current directory: Koii's desktop app starts tasks in its own, which may be the
 *   one where it is installed, or the root.
 */
export function availableAddons(ownFolder?: string): readonly AddonOffer[] {
  if (FROM_SOURCE) return offersOfFiles(builtFiles());
  return (EMBEDDED_ADDONS[PLATFORM] ?? []).flatMap((base64) =>
    embeddedOffers(Buffer.from(base64, 'base64'), ownFolder),
  );
}

/** Addons where they were built. */
export function offersOfFiles(files: readonly string[]): AddonOffer[] {
  return files.map((file) => ({ sha256: sha256Hex(readFileSync(file)), place: () => file }));
}

/** The places for an embedded addon, the better one first. */
export function embeddedOffers(
  bytes: Uint8Array,
  ownFolder: string | undefined,
  temporary = os.tmpdir(),
): AddonOffer[] {
  const sha256 = sha256Hex(bytes);
  const folders = [() => privateFolder(temporary)];
  if (ownFolder !== undefined) folders.unshift(() => ownFolder);
  return folders.map((folder) => ({
    sha256,
    place: () => writeAddon(bytes, closedFolder(folder())),
  }));
}

/**
 * Removes the addons that earlier versions of the task wrote to its own folder. One that can't be removed stays, such as
 * one that is loaded on Windows; elsewhere a process keeps what it has loaded.
 * @param kept the hashes of those that stay
 */
export function removeOldAddons(ownFolder: string, kept: readonly string[]): void {
  try {
    for (const name of readdirSync(ownFolder)) {
      const sha256 = WRITTEN_NAME.exec(name)?.[1];
      if (sha256 !== undefined && !kept.includes(sha256)) unlinkSync(path.join(ownFolder, name));
    }
  } catch {
    // They harm nobody.
  }
}

/** Those that webpack would embed. */
function builtFiles(): string[] {
  const { builtAddons } = createRequire(__filename)('../../../build/native-addons.js') as {
    builtAddons: () => { platform: string; file: string }[];
  };
  return builtAddons().flatMap(({ platform, file }) => (platform === PLATFORM ? file : []));
}

/**
 * This user's folder among the temporary files, made when it is not there: the same at every start, so that no files
 * pile up.
 * @throws Error when something else stands in its place.
 */
export function privateFolder(temporary: string): string {
  const user = process.getuid?.() ?? os.userInfo().username;
  const folder = path.join(temporary, `orca-native-${user}`);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const found = lstatSync(folder);
  if (!found.isDirectory() || !isClosed(found)) {
    throw new Error(`${folder} is not a folder of this user alone`);
  }
  return folder;
}

/**
 * The folder without links in its path, if this user alone can change what lies there: it and all folders above belong
 * to this user or root and others can't write to them, or at least not replace what is there, as in /tmp (OpenSSH asks
 * the same of its files: StrictModes). On Windows, where modes say nothing, it is in the user's profile.
 * @throws Error that names the folder which is open to others.
 */
export function closedFolder(folder: string): string {
  if (!process.getuid) return inProfile(folder, os.homedir());
  const real = realpathSync(folder);
  for (let above = real; ; above = path.dirname(above)) {
    const { uid, mode } = statSync(above);
    const isSafe =
      (mode & WRITABLE_BY_OTHERS) === 0 || (above !== real && (mode & STICKY) === STICKY);
    if ((uid !== 0 && uid !== process.getuid()) || !isSafe) {
      throw new Error(`other users can write to ${above}`);
    }
    if (above === path.dirname(above)) return real;
  }
}

/**
 * A folder of Windows without links in its path, if it is in the user's profile: Windows lets everybody write to one that
 * somebody made elsewhere, as in C:\\. Either path may have short names (JOHNSM~1 for John Smith), as %TEMP% often has,
 * which only the system resolves.
 * @throws Error when it is elsewhere.
 */
export function inProfile(
  folder: string,
  profile: string,
  resolve: Realpath = realpathSync,
): string {
  let real: string;
  let home: string;
  try {
    [real, home] = [resolve.native(folder), resolve.native(profile)];
  } catch {
    // Some drives have no answer for the system's own function. Both by the same one, to be spelt alike.
    [real, home] = [resolve(folder), resolve(profile)];
  }
  // A path on another drive stays absolute.
  const below = path.win32.relative(home, real);
  if (below.split(path.win32.sep)[0] === '..' || path.win32.isAbsolute(below)) {
    throw new Error(`other users may write to ${real}, as it is not in ${home}`);
  }
  return real;
}

/**
 * Writes an addon to a file named by its hash, unless it exists already, and returns its path. Several processes may do
 * so at once: a file appears whole or not at all.
 * @throws Error when the file read back isn't what was written.
 */
export function writeAddon(bytes: Uint8Array, folder: string): string {
  const sha256 = sha256Hex(bytes);
  const file = path.join(folder, `orca-native-${sha256}.node`);
  if (isOurs(file, sha256)) return file;
  const draft = `${file}.${process.pid}-${threadId}`;
  rmSync(draft, { force: true });
  try {
    writeFileSync(draft, bytes, { mode: 0o700, flag: 'wx' });
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
  if (!isOurs(file, sha256)) throw new Error(`${file} is not what was written`);
  return file;
}

/**
 * Checks a file right before it is loaded.
 * @throws Error when it isn't there, can't be read, or has other content.
 */
export function checkAddon({ file, sha256 }: AddonFile): void {
  const isChanged = sha256Hex(readBack(file)) !== sha256;
  if (isChanged) throw new Error(`${file} was changed after it was written`);
}

function readBack(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(
      `${file} was removed or blocked after it was written, as antivirus software does (${code})`,
      { cause },
    );
  }
}

/** Whether it is a regular file of this user with this content, and closed to everyone else. */
function isOurs(file: string, sha256: string): boolean {
  const found = lstatSync(file, { throwIfNoEntry: false });
  return found?.isFile() === true && isClosed(found) && sha256Hex(readFileSync(file)) === sha256;
}

function isClosed({ uid, mode }: Stats): boolean {
  return !process.getuid || (uid === process.getuid() && (mode & OPEN_TO_OTHERS) === 0);
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
