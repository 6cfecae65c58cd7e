import { accessSync, closeSync, constants, openSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { whyNotFree } from '../../simulator';
import { reasonOf } from '../reason';

// Finds, before a run, what would end it after minutes or silently change it.

/**
 * Checks that a file an option names can be written at the end; a file that did not exist is not left behind.
 * @throws Error that names the option, the path and the reason
 */
export function requireWritable(option: string, path: string): void {
  const wrong = (reason: string, cause: unknown): Error =>
    new Error(`${option} ${path} can't be written: ${reason}`, { cause });
  let isNew: boolean;
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    // Opening a pipe would wait for its reader.
    if (found !== undefined && !found.isFile() && !found.isDirectory()) return;
    isNew = found === undefined;
    closeSync(openSync(path, 'a'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw wrong(reasonOf(error), error);
    throw wrong(`there is no directory ${dirname(resolve(path))}`, error);
  }
  if (isNew) rmSync(path);
}

/** Throws an Error that names the option, the path and the reason, unless a file can be read. */
export function requireReadable(option: string, path: string): void {
  try {
    accessSync(path, constants.R_OK);
    if (statSync(path).isDirectory()) throw new Error('it is a directory');
  } catch (error) {
    throw new Error(`${option} ${path} can't be read: ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * Ports of the nodes, in order: successive ones, each free now. A node whose port is taken would use the next one,
 * which belongs to another node.
 * @param option the one that names the first of them
 * @param host the one the nodes listen on
 * @throws Error that names the first port that is not free, and its node
 */
export async function successivePorts(
  option: string,
  first: number,
  names: readonly string[],
  host: string,
): Promise<number[]> {
  const ports = names.map((_, index) => first + index);
  for (const [index, port] of ports.entries()) {
    const error = await whyNotFree(port, host);
    if (error === undefined) continue;
    throw new Error(
      `${option} ${first}: port ${port} of ${host}, for ${names[index]}, can't be had: ${reasonOf(error)}`,
    );
  }
  return ports;
}
