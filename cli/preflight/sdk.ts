import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sdkIn, type Bundle } from './bundle';
import { fail, pass, warn, type Finding } from './finding';

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
}

const SCOPE = 'node_modules/@_koii/';
const NAMES = ['namespace-wrapper', 'task-manager'];
const STEP = 'SDK';
const HASHES = 'SDK hashes';

const INSTALL =
  'With a registry that carries @_koii: npm ci --include=optional && npm run build:prebuilds && npm run build:release';

/**
 * Whether the official SDK is in the bundle, and is what package-lock.json pins. A lock file's hash is that of a package
 * as it was downloaded: npm compares it when it installs, and writes what it installed into node_modules/.package-lock.json.
 * @param root the folder of package-lock.json and node_modules
 */
export function checkSdk(bundle: Bundle, root: string): Finding[] {
  const sdk = sdkIn(bundle);
  if (sdk === undefined) {
    return [
      fail(STEP, `neither the official Koii SDK nor its stand-in is in ${bundle.path}`, INSTALL),
    ];
  }
  const locked = packagesOf(join(root, 'package-lock.json'));
  const unlocked = NAMES.filter((name) => locked[name]?.integrity === undefined);
  if (unlocked.length > 0) {
    const names = unlocked.map((name) => `@_koii/${name}`).join(', ');
    return [
      fail(HASHES, `package-lock.json has no hash of ${names}`, 'Take it from the repository'),
    ];
  }
  const pinned = NAMES.map((name) => `@_koii/${name} ${locked[name]!.version}`).join(', ');
  if (sdk === 'stand-in') {
    return [
      warn(STEP, "the stand-in for Koii's SDK, which is for development alone", INSTALL),
      warn(HASHES, `package-lock.json pins ${pinned}, and the bundle has neither`, INSTALL),
    ];
  }
  return [pass(STEP, 'the official one is in the bundle'), checkInstalled(locked, pinned, root)];
}

function checkInstalled(
  locked: Readonly<Record<string, LockedPackage>>,
  pinned: string,
  root: string,
): Finding {
  const installed = packagesOf(join(root, 'node_modules/.package-lock.json'));
  const differing = Object.keys(locked).filter((name) => {
    const manifest = join(root, SCOPE, name, 'package.json');
    if (!existsSync(manifest)) return NAMES.includes(name);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as LockedPackage;
    const { integrity, version: pin } = locked[name]!;
    return version !== pin || installed[name]?.integrity !== integrity;
  });
  if (differing.length > 0) {
    const names = differing.map((name) => `@_koii/${name}`).join(', ');
    return fail(
      HASHES,
      `what is installed of ${names} is not what package-lock.json pins`,
      INSTALL,
    );
  }
  const hashes = NAMES.map((name) => locked[name]!.integrity).join(', ');
  return pass(
    HASHES,
    `${pinned} as package-lock.json pins them (${hashes}), compared by npm when it installed them`,
  );
}

/** The packages of Koii in a lock file, by their names without the scope; none where there is no such file. */
function packagesOf(path: string): Record<string, LockedPackage> {
  if (!existsSync(path)) return {};
  const { packages = {} } = JSON.parse(readFileSync(path, 'utf8')) as {
    packages?: Record<string, LockedPackage>;
  };
  return Object.fromEntries(
    Object.entries(packages).flatMap(([folder, of]) => {
      const name = folder.startsWith(SCOPE) ? folder.slice(SCOPE.length) : '';
      return name === '' || name.includes('/') ? [] : [[name, of]];
    }),
  );
}
