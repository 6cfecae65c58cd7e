import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { duration } from '../../src/format';
import { compileAddon } from '../compile-addon';

const ROOT = join(__dirname, '../..');

/**
 * Has webpack build a bundle, as `npm run build` does.
 * @returns webpack's line about the bundle
 * @throws Error with webpack's output if the code can't be bundled
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

/** The user ended the run before there was anything to report. */
export class Interrupted extends Error {
  override readonly message = 'interrupted before the network was started';
}

/** The webpack options of a task that mines on the simulator's Bitcoin. */
export const REGTEST = ['--env', 'bitcoin=regtest'];

/** What the command line says of the bundle. */
interface Asked {
  build: boolean;
  /** Whether to compile the native hash loops before. */
  compile: boolean;
  /** Whether it is for a Bitcoin of the simulator's own. */
  bitcoin: boolean;
  /** Path of the bundle that is run if none is built. */
  task: string;
}

/**
 * Builds this repository's task if the options ask for it. For another network than main it is built into a directory of
 * the run, so that dist/ never holds it.
 * @returns the bundle to run
 * @throws Interrupted if the user interrupts it
 */
export async function build(
  { build: isAsked, compile, bitcoin, task }: Asked,
  directory: string,
  signal: AbortSignal,
): Promise<string> {
  if (!isAsked) return task;
  if (compile) {
    const say = (line: string): void => console.log(line);
    await compileAddon({ say, signal, backend: process.env['MINING_BACKEND'] });
  }
  const out = join(resolve(directory), 'regtest');
  const startedAt = performance.now();
  console.log('Building the task');
  try {
    const made = await bundle(bitcoin ? [...REGTEST, '--env', `out=${out}`] : [], signal);
    console.log(`  ${made}, in ${duration(performance.now() - startedAt)}`);
    return bitcoin ? join(out, 'main.js') : task;
  } catch (error) {
    throw signal.aborted ? new Interrupted() : error;
  }
}
