import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import { EMBEDDED_ADDONS } from './embedded-addons';
import { GroupKernel, type GroupScanner } from './group-kernel';
import type { Kernel } from './kernel';
import type { PreparedHeader } from './prepared-header';

// The one file that touches native code (native/addon.c): finds the addons, loads one and makes kernels of its hash
// loops. An addon can only be loaded from a file. In a bundle its bytes are embedded, so they have to be written first:
// to the task's own folder or, if that fails, to a temporary one.

/** Native code: the path of its file, or the bytes to write to one. */
export type AddonSource = string | Uint8Array;

/** There is no addon to load, because none was built: slower, but no fault. */
export class NoAddonError extends Error {
  override readonly name = 'NoAddonError';
}

/** One of the native hash loops. */
export interface NativeVariant {
  /** The instructions it is made of: 'avx512', 'sha-ni', 'avx2', 'armv8'. */
  name: string;
  create: () => Kernel;
}

/** What the addon exports. */
interface Addon {
  /** The hash loops that this CPU can run; the best first, as far as one can tell without measuring. */
  variants: readonly { name: string; lanes: number }[];
  createScanner(variant: number): object;
  load(scanner: object, header: Uint32Array): void;
  scan(scanner: object, nonce: number, groups: number, candidates: Uint32Array): number;
}

/** VERSIONS in native/scanner.h. */
const VERSIONS = 16;
const TAIL_WORDS = 3;

const PLATFORM = `${process.platform}-${process.arch}`;
const FROM_SOURCE = __filename.endsWith('.ts');
const NATIVE = path.join(__dirname, '../../../native');

let available: readonly AddonSource[] | undefined;

/**
 * The native hash loops that this CPU can run.
 * @param addons the addons to try, instead of those found
 * @throws Error when this system loads none of them.
 */
export function nativeVariants(
  addons: readonly AddonSource[] = availableAddons(),
): NativeVariant[] {
  const addon = loadAddon(addons) as Addon;
  return addon.variants.map(({ name, lanes }, number) => ({
    name,
    create: () => new GroupKernel(new NativeScanner(addon, number, name, lanes)),
  }));
}

/** The addons built for this platform: the bundle's, in memory that threads share, or files. */
export function availableAddons(): readonly AddonSource[] {
  available ??= FROM_SOURCE ? builtFiles() : (EMBEDDED_ADDONS[PLATFORM] ?? []).map(shared);
  return available;
}

/** `npm run serve` compiles it by itself where it can. */
const ADVICE =
  'native code would hash up to six times as fast: npm run build:native, which needs a C compiler';

/** What would make hashing faster, and the level to log it at; undefined if an addon was built. */
export function missingAddonAdvice(): { level: 'debug' | 'info'; message: string } | undefined {
  if (availableAddons().length > 0) return undefined;
  return FROM_SOURCE
    ? { level: 'info', message: ADVICE }
    : { level: 'debug', message: `no native code for ${PLATFORM} was built into this bundle` };
}

function shared(base64: string): Uint8Array {
  const bytes = Buffer.from(base64, 'base64');
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** The addons that node-gyp built, and the prebuilds that lie where node-gyp-build looks for them. */
function builtFiles(): string[] {
  return [path.join(NATIVE, 'build/Release'), path.join(NATIVE, 'prebuilds', PLATFORM)].flatMap(
    (folder) =>
      existsSync(folder)
        ? readdirSync(folder)
            .filter((name) => name.endsWith('.node'))
            .map((name) => path.join(folder, name))
        : [],
  );
}

class NativeScanner implements GroupScanner {
  readonly backend = 'native';
  readonly versions = VERSIONS;
  readonly candidates = new Uint32Array(VERSIONS);
  readonly #scanner: object;

  constructor(
    private readonly addon: Addon,
    number: number,
    readonly variant: string,
    readonly lanes: number,
  ) {
    this.#scanner = addon.createScanner(number);
  }

  /** In the order of struct prepared_header in native/scanner.h. */
  load({ midstates, words, mask }: PreparedHeader): void {
    const tail = words.subarray(0, TAIL_WORDS);
    const header = [...midstates.flatMap((midstate) => [...midstate]), ...tail, mask];
    this.addon.load(this.#scanner, Uint32Array.from(header));
  }

  scan(nonce: number, groups: number): number {
    return this.addon.scan(this.#scanner, nonce, groups, this.candidates);
  }
}

/**
 * Loads the first addon that this system accepts, and returns its exports.
 * @throws NoAddonError when there are none, Error with the reasons when all failed.
 */
function loadAddon(sources: readonly AddonSource[]): unknown {
  if (sources.length === 0) {
    throw new NoAddonError(`there is no native code for ${PLATFORM}`);
  }
  return firstThatWorks(
    sources.map(
      (source) => () => (typeof source === 'string' ? load(source) : loadEmbedded(source)),
    ),
  );
}

/** @throws Error with the reasons when all failed. */
function firstThatWorks<T>(attempts: readonly (() => T)[]): T {
  const faults: string[] = [];
  for (const attempt of attempts) {
    try {
      return attempt();
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(faults.join('; '));
}

function load(file: string): unknown {
  const addon = { exports: {} as unknown };
  process.dlopen(addon, file);
  return addon.exports;
}

/** @param folder the task's own: a Koii node starts each task in a folder of its own */
export function loadEmbedded(bytes: Uint8Array, folder: string = process.cwd()): unknown {
  return firstThatWorks([
    () => load(writeAddon(bytes, folder)),
    () => {
      // A new folder of mode 0700: in a shared one others could tamper with the file.
      const temporary = mkdtempSync(path.join(os.tmpdir(), 'orca-native-'));
      try {
        return load(writeAddon(bytes, temporary));
      } finally {
        removeIfPossible(temporary);
      }
    },
  ]);
}

/**
 * Writes an addon to a file named by its hash, unless it exists already, and returns its path. Several threads may do
 * so at once: a file appears whole or not at all.
 * @throws Error when the file read back isn't what was written.
 */
export function writeAddon(bytes: Uint8Array, folder: string): string {
  const hash = sha256Hex(bytes);
  const file = path.join(folder, `orca-native-${hash}.node`);
  if (!isOurs(file, hash)) {
    const draft = `${file}.${process.pid}-${threadId}`;
    rmSync(draft, { force: true });
    writeFileSync(draft, bytes, { mode: 0o700, flag: 'wx' });
    renameSync(draft, file);
    if (!isOurs(file, hash)) throw new Error(`${file} is not what was written`);
  }
  return file;
}

/** Whether it is a regular file of this user with this content, and closed to everyone else. */
function isOurs(file: string, hash: string): boolean {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) return false;
  const mine = !process.getuid || (found.uid === process.getuid() && (found.mode & 0o077) === 0);
  return mine && sha256Hex(readFileSync(file)) === hash;
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** On Windows a loaded file can't be removed, so its temporary folder stays. */
function removeIfPossible(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    return;
  }
}
