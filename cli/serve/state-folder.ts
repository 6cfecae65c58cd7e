import { mkdir, mkdtemp, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '../../src/settings/schema';

/**
 * Creates the state folder and checks that files can be created in it.
 * @throws the file system's error
 */
export async function makeStateFolder(directory: string): Promise<void> {
  await makeFolders(directory);
  await rmdir(await mkdtemp(path.join(directory, '.tried-')));
}

/** Node's mkdir with `recursive` never returns below /proc, which takes no folders (Node 18 and 20). */
async function makeFolders(directory: string): Promise<void> {
  try {
    await mkdir(directory);
  } catch (error) {
    // For an existing drive root Windows gives another error than EEXIST.
    if (await isFolder(directory)) return;
    const parent = path.dirname(directory);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === directory) throw error;
    await makeFolders(parent);
    await mkdir(directory);
  }
}

async function isFolder(directory: string): Promise<boolean> {
  return (await stat(directory).catch(() => undefined))?.isDirectory() === true;
}

/** Rewords a file system error for whoever chose the folder; other errors stay as they are. */
export function stateFault(stateDir: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const got = JSON.stringify(stateDir);
  return new ConfigError(
    `STATE_DIR: expected a folder that this process can write to, got ${got} (${message})`,
  );
}
