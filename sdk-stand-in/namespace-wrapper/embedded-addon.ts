import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Loads a native addon embedded in the bundle. An addon can only be loaded from a file, so it is
 * written to a folder that only this user can read, and removed at once if the system allows that for a loaded file.
 *
 * @param base64 the bytes of the `.node` file
 * @returns what the addon exports
 */
export function loadEmbeddedAddon(base64: string): unknown {
  // mkdtemp makes the folder with mode 0700.
  const folder = mkdtempSync(join(tmpdir(), 'embedded-addon-'));
  try {
    const file = join(folder, 'addon.node');
    writeFileSync(file, Buffer.from(base64, 'base64'), { mode: 0o600 });
    const addon = { exports: {} as unknown };
    process.dlopen(addon, file);
    return addon.exports;
  } finally {
    removeIfPossible(folder);
  }
}

/** Windows does not let a loaded file be removed, so the temporary folder stays behind there. */
function removeIfPossible(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    return;
  }
}
