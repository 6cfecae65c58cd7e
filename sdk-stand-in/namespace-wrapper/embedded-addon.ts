import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

/** A native addon in the bundle: build/embed-addon-loader.js puts it there. */
export interface EmbeddedAddon {
  /** `<platform>-<arch>` as in process.platform and process.arch; with `-musl` if it needs that C library. */
  platforms: readonly string[];
  /** The bytes of the `.node` file, compressed, in base64. */
  brotli: string;
}

/**
 * Loads the embedded addon of this platform. An addon can only be loaded from a file, so it is
 * written to a folder that only this user can read, and removed at once if the system allows that for a loaded file.
 *
 * @returns what the addon exports
 * @throws Error if there is none for this platform
 */
export function loadEmbeddedAddon(addons: readonly EmbeddedAddon[]): unknown {
  const bytes = addonFor(addons);
  // mkdtemp makes the folder with mode 0700.
  const folder = mkdtempSync(join(tmpdir(), 'embedded-addon-'));
  try {
    const file = join(folder, 'addon.node');
    writeFileSync(file, bytes, { mode: 0o600 });
    const addon = { exports: {} as unknown };
    process.dlopen(addon, file);
    return addon.exports;
  } finally {
    removeIfPossible(folder);
  }
}

/**
 * The bytes of a platform's addon, chosen as node-gyp-build chooses among files: where the C library is musl, its own
 * addon if there is one.
 *
 * @throws Error if there is none
 */
export function addonFor(
  addons: readonly EmbeddedAddon[],
  platform = `${process.platform}-${process.arch}`,
  isMusl = existsSync('/etc/alpine-release'),
): Uint8Array {
  const find = (name: string): EmbeddedAddon | undefined =>
    addons.find(({ platforms }) => platforms.includes(name));
  const addon = (isMusl ? find(`${platform}-musl`) : undefined) ?? find(platform);
  if (!addon) {
    const known = addons.flatMap(({ platforms }) => platforms).join(', ');
    throw new Error(
      `this bundle has no LevelDB for ${platform}, only for ${known}: it was built with the stand-in for the Koii SDK`,
    );
  }
  return brotliDecompressSync(Buffer.from(addon.brotli, 'base64'));
}

/** Windows does not let a loaded file be removed, so the temporary folder stays behind there. */
function removeIfPossible(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    return;
  }
}
