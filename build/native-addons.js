const { existsSync, readdirSync } = require('node:fs');
const { join } = require('node:path');

const NATIVE = join(__dirname, '../native');

/**
 * What a release carries native code for: `npm run build:prebuilds` makes an addon for each. The one for linux-x64 needs
 * no C library, so it runs beside glibc and musl.
 */
const PLATFORMS = [
  'linux-x64',
  'linux-arm64',
  'win32-x64',
  'win32-arm64',
  'darwin-x64',
  'darwin-arm64',
];

/** The folder of a platform's prebuilt addons, by the conventions of node-gyp-build. */
function prebuildFolder(platform) {
  return join(NATIVE, 'prebuilds', platform);
}

/**
 * The addons that were built: that of `npm run build:native`, for this machine, then the prebuilds, each in the order of
 * names.
 *
 * @returns {{ platform: string, file: string, isPrebuild: boolean }[]}
 */
function builtAddons() {
  return [
    { platform: `${process.platform}-${process.arch}`, folder: join(NATIVE, 'build/Release') },
    ...PLATFORMS.map((platform) => ({ platform, folder: prebuildFolder(platform) })),
  ].flatMap(({ platform, folder }, index) =>
    addonsIn(folder).map((file) => ({ platform, file, isPrebuild: index > 0 })),
  );
}

function addonsIn(folder) {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.node'));
  return names.sort().map((name) => join(folder, name));
}

module.exports = { PLATFORMS, prebuildFolder, builtAddons };
