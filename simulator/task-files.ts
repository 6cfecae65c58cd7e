import { promises as fs } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';

/** fs.promises methods a task may call through the node, with the number of leading arguments that are paths. */
const PATH_ARGUMENTS: Readonly<Record<string, 1 | 2>> = {
  access: 1,
  appendFile: 1,
  copyFile: 2,
  cp: 2,
  lstat: 1,
  mkdir: 1,
  readFile: 1,
  readdir: 1,
  rename: 2,
  rm: 1,
  rmdir: 1,
  stat: 1,
  truncate: 1,
  unlink: 1,
  utimes: 1,
  writeFile: 1,
};

/**
 * Calls an fs.promises method for a task, its paths taken relative to the task's directory.
 * @throws Error when the method is not one of the above or a path leads out of the directory, also by a symbolic link
 */
export async function callFs(
  directory: string,
  method: string,
  ...args: readonly unknown[]
): Promise<unknown> {
  const pathCount = Object.hasOwn(PATH_ARGUMENTS, method) ? PATH_ARGUMENTS[method] : undefined;
  if (pathCount === undefined) throw new Error(`fs.${method} is not available to a task`);
  const paths = await Promise.all(
    args.slice(0, pathCount).map((path) => confinedPath(directory, path)),
  );
  if (paths.length < pathCount) throw new TypeError(`fs.${method} expects ${pathCount} path(s)`);
  const call = fs[method as keyof typeof fs] as (...args: unknown[]) => Promise<unknown>;
  return call(...paths, ...args.slice(pathCount));
}

async function confinedPath(directory: string, path: unknown): Promise<string> {
  if (typeof path !== 'string') throw new TypeError(`expected a path, got ${JSON.stringify(path)}`);
  const root = await fs.realpath(directory);
  const inside = (candidate: string) => candidate === root || candidate.startsWith(root + sep);
  // getBasePath() joined with a name gives an absolute path inside the directory.
  const wanted = resolve(root, path);
  if (!inside(wanted) || !inside(await realpathOfExisting(wanted))) {
    throw new Error(`${path} is outside the task's directory`);
  }
  return wanted;
}

/** The real path of a file, or of where it would be created. */
async function realpathOfExisting(path: string): Promise<string> {
  try {
    return await fs.realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const parent = dirname(path);
    return parent === path ? path : join(await realpathOfExisting(parent), basename(path));
  }
}
