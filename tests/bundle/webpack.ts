import { execFile } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

interface Built {
  status: unknown;
  stdout: string;
  stderr: string;
}

/** Bundles the tiny task into a folder with the repository's own configuration, as `npm run build` would. */
export function buildTinyTask(out: string, ...env: string[]): Promise<Built> {
  return buildFixture('tiny-task.ts', out, ...env);
}

/** Bundles a file of tests/fixtures in the same way. */
export function buildFixture(entry: string, out: string, ...env: string[]): Promise<Built> {
  return buildEntry(`./tests/fixtures/${entry}`, out, ...env);
}

/** Bundles any file, named from the repository's folder, in the same way. */
export function buildEntry(entry: string, out: string, ...env: string[]): Promise<Built> {
  const args = [
    require.resolve('webpack/bin/webpack.js'),
    ...[`entry=${entry}`, `out=${out}`, ...env].flatMap((option) => ['--env', option]),
  ];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ status: error ? error.code : 0, stdout, stderr }),
    );
  });
}
