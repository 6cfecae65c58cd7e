import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { duration } from '../src/format';
import { readSetting, SETTINGS } from '../src/settings/schema';
import { reasonOf } from './reason';

// Compiles the native hash loops for this machine, for those who start a node from source: unlike `npm run
// build:native` it needs no Python and no download, only a C compiler and the headers of Node-API in node_modules.

const FROM_SOURCE = __filename.endsWith('.ts');
const ROOT = join(__dirname, '..');
const NATIVE = join(ROOT, 'native');
const HEADERS = join(ROOT, 'node_modules/node-api-headers/include');
/** For all files; native/binding.gyp has those of each. */
const FLAGS = ['-c', '-fPIC', '-O2', '-std=c11', '-I', HEADERS];
const LINK_FLAGS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['-bundle', '-undefined', 'dynamic_lookup'],
};
/** It takes a few seconds where nothing else runs. */
const LIMIT_MS = 90_000;

/** What help says of the options by which programs do so. */
export const COMPILE =
  'compile the native hash loops, if there is a C compiler and it was not done: npm run adds this';
export const NO_COMPILE = "don't";

const run = promisify(execFile);

export interface CompileOptions {
  /** Told a line before and one after. */
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
  /** MINING_BACKEND as it was written: nothing is compiled where native code isn't asked for. */
  readonly backend?: string | undefined;
  /** Stands in for native/. */
  readonly native?: string;
  readonly compiler?: string;
  readonly limitMs?: number;
}

/**
 * Compiles the native hash loops to native/build/Release, where webpack and nodes that run from source look for them,
 * unless the addon that this machine would use is there and no older than its sources, or there is no compiler. Never
 * throws: without native code mining goes on with WebAssembly.
 */
export async function compileAddon(options: CompileOptions): Promise<void> {
  const { say, signal, backend, native = NATIVE } = options;
  const compiler = options.compiler ?? process.env['CC'] ?? 'cc';
  // A bundle carries what was compiled when it was built.
  if (!FROM_SOURCE || !mayBeNative(backend)) return;
  if (isUpToDate(native) || !(await works(compiler))) return;
  say('Compiling the native hash loops, once');
  const startedAt = performance.now();
  const limit = AbortSignal.timeout(options.limitMs ?? LIMIT_MS);
  try {
    await compile(native, compiler, signal ? AbortSignal.any([signal, limit]) : limit);
    say(`Compiled the native hash loops in ${duration(performance.now() - startedAt)}`);
  } catch (error) {
    if (signal?.aborted) return;
    const reason = limit.aborted ? 'it took too long' : faultIn(error);
    say(`The native hash loops can't be compiled, so WebAssembly takes their place: ${reason}`);
  }
}

/** By the settings' own rule; a value that can't be used ends the task before it mines. */
function mayBeNative(written: string | undefined): boolean {
  const read = readSetting(SETTINGS.MINING_BACKEND, written);
  if ('problem' in read) return false;
  const backend = read.chosen ? read.value : SETTINGS.MINING_BACKEND.byDefault;
  return backend === 'auto' || backend === 'native';
}

/** Whether the first addon for this machine, which is the one that is used, was made after its sources. */
function isUpToDate(native: string): boolean {
  const { builtAddons } = load('native-addons') as {
    builtAddons: (native: string) => { platform: string; file: string }[];
  };
  const madeAt = (file: string): number => statSync(file).mtimeMs;
  const sourceFiles = readdirSync(native).filter((name) => /\.([ch]|gyp)$/.test(name));
  const changedAt = Math.max(...sourceFiles.map((name) => madeAt(join(native, name))));
  const here = `${process.platform}-${process.arch}`;
  const used = builtAddons(native).find(({ platform }) => platform === here);
  return used !== undefined && madeAt(used.file) >= changedAt;
}

/** Whether there is such a compiler. macOS has a `cc` that asks to install one, unless `xcode-select` knows it. */
async function works(compiler: string): Promise<boolean> {
  if (process.platform === 'win32') return false;
  try {
    if (process.platform === 'darwin') await run('xcode-select', ['-p']);
    await run(compiler, ['--version']);
    return true;
  } catch {
    return false;
  }
}

/** In a folder of its own, so that another process that does the same can't see half a file. */
async function compile(native: string, compiler: string, signal: AbortSignal): Promise<void> {
  const release = join(native, 'build/Release');
  mkdirSync(release, { recursive: true });
  const folder = mkdtempSync(join(native, 'build/compiling-'));
  try {
    const objects = sources(native).map(({ source, gcc, clang }) => {
      const object = join(folder, `${source}.o`);
      const own = process.platform === 'darwin' ? clang : gcc;
      const args = [...FLAGS, ...own, '-o', object, join(native, source)];
      return run(compiler, args, { signal }).then(() => object);
    });
    const addon = join(folder, 'orca.node');
    const how = LINK_FLAGS[process.platform] ?? ['-shared'];
    await run(compiler, [...how, '-o', addon, ...(await settled(objects))], { signal });
    renameSync(addon, join(release, 'orca.node'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What all promises give, once each has come to its end. @throws what the first that failed threw */
async function settled<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

function sources(native: string): { source: string; gcc: string[]; clang: string[] }[] {
  const { sourcesFor } = load('native-sources') as {
    sourcesFor: (arch: string, native: string) => ReturnType<typeof sources>;
  };
  return sourcesFor(process.arch, native);
}

/** A file of build/. Loaded when it is needed, as a bundle of this program has none beside it and compiles nothing. */
function load(name: string): unknown {
  return createRequire(__filename)(`../build/${name}.js`);
}

/** The compiler's first complaint, or what went wrong with files. */
function faultIn(error: unknown): string {
  const { stderr } = error as { stderr?: string };
  if (stderr === undefined) return reasonOf(error);
  return /^.*\berror\b.*$/m.exec(stderr)?.[0] ?? 'the compiler failed';
}
