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

// The one file that touches native code (native/addon.c): it finds the addons, loads one and makes kernels of its hash
// loops. An addon can only be loaded from a file. In the bundle its bytes are embedded, so that they have to be written
// first: to the task's own folder, or where that can't be, to a temporary one.

/** Native code: the path of its file, or bytes that are to be one. */
export type AddonSource = string | Uint8Array;

/** There is no addon to load, as where none was built: no fault, but slower. */
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
  /** The hash loops that this CPU runs; the best first, as far as can be told without measuring. */
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
 * The native hash loops that this CPU runs.
 * @param addons where they are, if not where they are looked for
 * @throws Error when there is no addon that this system loads.
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

/** The addons that were built for this platform: those of the bundle, in memory that threads share, or files. */
export function availableAddons(): readonly AddonSource[] {
  available ??= FROM_SOURCE ? builtFiles() : (EMBEDDED_ADDONS[PLATFORM] ?? []).map(shared);
  return available;
}

/** What would make hashing faster where no addon was built, and how loud that is to be said; undefined where one was. */
export function missingAddonAdvice(): { level: 'debug' | 'info'; message: string } | undefined {
  if (availableAddons().length > 0) return undefined;
  return FROM_SOURCE
    ? { level: 'info', message: 'npm run build:native makes hashing up to six times as fast' }
    : { level: 'debug', message: `no native code for ${PLATFORM} was built into this bundle` };
}

function shared(base64: string): Uint8Array {
  const bytes = Buffer.from(base64, 'base64');
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** Where node-gyp and, by the conventions of node-gyp-build, prebuilds are. */
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
 * Loads the first of several addons that this system loads, and gives its exports.
 * @throws NoAddonError when there is none, Error of all that failed.
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

/** @throws Error of all that failed. */
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

/** @param folder the task's own; a Koii node starts each task in one. */
export function loadEmbedded(bytes: Uint8Array, folder: string = process.cwd()): unknown {
  return firstThatWorks([
    () => load(writeAddon(bytes, folder)),
    () => {
      // A folder of this process's alone (mode 0700): in a shared one others could meddle.
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
 * Writes an addon to a file named by its hash, unless it is there already, and gives its path. Threads
 * may do so at the same time: a file appears whole or not at all.
 * @throws Error when what can be read back isn't what was to be written.
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

/** A regular file of this user with the wanted content, which no one else may write. */
function isOurs(file: string, hash: string): boolean {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) return false;
  const mine = !process.getuid || (found.uid === process.getuid() && (found.mode & 0o077) === 0);
  return mine && sha256Hex(readFileSync(file)) === hash;
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Windows keeps a loaded file in place; its temporary folder stays behind there. */
function removeIfPossible(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    return;
  }
}
