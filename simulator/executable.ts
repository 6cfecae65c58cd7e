import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';

/**
 * Copies a task's bundle under the hash of its content, without anything beside it, as a node downloads it.
 * @param directory the run's
 * @returns the path to fork
 */
export function installExecutable(task: string, directory: string): string {
  const hash = createHash('sha256').update(readFileSync(task)).digest('hex').slice(0, 16);
  const executables = resolve(directory, 'executables');
  mkdirSync(executables, { recursive: true });
  const installed = join(executables, `${hash}${extname(task)}`);
  copyFileSync(task, installed);
  return installed;
}
