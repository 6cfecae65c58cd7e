import { mkdir, mkdtemp, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '../../src/settings/schema';

/**
 * Makes the folder of the state and tries whether it takes files.
 * @throws what the file system says
 */
export async function makeStateFolder(directory: string): Promise<void> {
  await makeFolders(directory);
  await rmdir(await mkdtemp(path.join(directory, '.tried-')));
}

/** Node's own, with `recursive`, never ends below /proc, where there is a parent and no folder can be (18 and 20). */
async function makeFolders(directory: string): Promise<void> {
  try {
    await mkdir(directory);
  } catch (error) {
    // Windows refuses in another way to make a drive's root, which is there.
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

/** Where a folder can't be used, in words for whoever chose it; any other error as it is. */
export function stateFault(stateDir: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const got = JSON.stringify(stateDir);
  return new ConfigError(
    `STATE_DIR: expected a folder that this process can write to, got ${got} (${message})`,
  );
}
