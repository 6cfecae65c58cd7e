import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '../..');

/**
 * Has webpack make a bundle, as `npm run build` does.
 * @returns what it says of the bundle, one line
 * @throws Error with what it says of the code, where that can't be bundled
 */
export async function bundle(args: readonly string[], signal?: AbortSignal): Promise<string> {
  const webpack = join(ROOT, 'node_modules/webpack/bin/webpack.js');
  try {
    const run = promisify(execFile)(process.execPath, [webpack, ...args], {
      cwd: ROOT,
      ...(signal && { signal }),
    });
    return (await run).stdout.trim();
  } catch (error) {
    const { message, stdout = '', stderr = '' } = error as Error & Record<string, string>;
    const said = `${stdout}${stderr}`.trim();
    throw new Error(`the task can't be built: ${said || message}`, { cause: error });
  }
}
