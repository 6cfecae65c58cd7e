import { accessSync, closeSync, constants, openSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { whyNotFree } from '../../simulator/index';

// What would end a run after its minutes, or change it unseen, is found before it.

/** Why a system call failed, where its code says more than most people know. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  ENOTDIR: 'a part of the path is a file',
  EISDIR: 'it is a directory',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'that is no address of this machine',
  ENOTFOUND: 'that name has no address',
};

/** An error of the file system or the network in words. */
export function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const known = Object.hasOwn(REASONS, code) ? REASONS[code] : undefined;
  return known === undefined ? message : `${known} (${code})`;
}

/**
 * Tries a file that an option says is to be written at the end; one that was not there is not there afterwards.
 * @throws Error that names the option, the path and the reason
 */
export function requireWritable(option: string, path: string): void {
  const wrong = (reason: string): Error =>
    new Error(`${option} ${path} can't be written: ${reason}`);
  const found = statSync(path, { throwIfNoEntry: false });
  // To open a pipe would wait for its reader.
  if (found !== undefined && !found.isFile() && !found.isDirectory()) return;
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw wrong(reasonOf(error));
    throw wrong(`there is no directory ${dirname(resolve(path))}`);
  }
  if (found === undefined) rmSync(path);
}

/** Throws an Error that names the option, the path and the reason, unless a file can be read. */
export function requireReadable(option: string, path: string): void {
  try {
    accessSync(path, constants.R_OK);
    if (statSync(path).isDirectory()) throw new Error('it is a directory');
  } catch (error) {
    throw new Error(`${option} ${path} can't be read: ${reasonOf(error)}`);
  }
}

/**
 * The ports of the nodes' APIs, in their order: successive ones, each free now. A node whose port is taken would go to the
 * next one, which is another node's.
 * @param host that the nodes listen on
 * @throws Error that names the first that can't be had, and its node
 */
export async function successivePorts(
  first: number,
  names: readonly string[],
  host: string,
): Promise<number[]> {
  const ports = names.map((_, index) => first + index);
  for (const [index, port] of ports.entries()) {
    const error = await whyNotFree(port, host);
    if (error === undefined) continue;
    throw new Error(
      `--api-port ${first}: port ${port} of ${host}, for ${names[index]}, can't be had: ${reasonOf(error)}`,
    );
  }
  return ports;
}
