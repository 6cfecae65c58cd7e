import { mkdir, open, rename } from 'node:fs/promises';
import path from 'node:path';

/**
 * Replaces a file atomically: a reader, even after a crash, sees either the old contents or the new. A directory that was
 * removed is made again.
 * @param mode of the file, where files have modes
 * @throws what the file system throws
 */
export async function replaceFile(
  file: string,
  text: string | Uint8Array,
  mode = 0o666,
): Promise<void> {
  try {
    await replace(file, text, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(path.dirname(file), { recursive: true });
    await replace(file, text, mode);
  }
}

async function replace(file: string, text: string | Uint8Array, mode: number): Promise<void> {
  const temporary = `${file}.new`;
  const handle = await open(temporary, 'w', mode);
  try {
    await handle.writeFile(text);
    // Otherwise a power cut could leave an empty file under the new name.
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
