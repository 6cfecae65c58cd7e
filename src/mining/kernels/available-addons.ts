import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { AddonSource } from './addon-files';
import { EMBEDDED_ADDONS } from './embedded-addons';

const PLATFORM = `${process.platform}-${process.arch}`;
const FROM_SOURCE = __filename.endsWith('.ts');
const NATIVE = path.join(__dirname, '../../../native');

let available: readonly AddonSource[] | undefined;

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
