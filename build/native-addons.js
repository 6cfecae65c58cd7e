const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { checkOrigin } = require('./prebuilds/origin');

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

/**
 * The folder of a platform's prebuilt addons, by the conventions of node-gyp-build.
 *
 * @param {string} platform one of PLATFORMS
 * @param {string} [native] stands in for native/
 */
function prebuildFolder(platform, native = NATIVE) {
  return join(native, 'prebuilds', platform);
}

/**
 * The addons that were built: that of `npm run build:native`, for this machine, then the prebuilds, each in the order of
 * names.
 *
 * @param {string} [native] stands in for native/
 * @returns {{ platform: string, file: string, isPrebuild: boolean }[]}
 */
function builtAddons(native = NATIVE) {
  return [
    { platform: `${process.platform}-${process.arch}`, folder: join(native, 'build/Release') },
    ...PLATFORMS.map((platform) => ({ platform, folder: prebuildFolder(platform, native) })),
  ].flatMap(({ platform, folder }, index) =>
    addonsIn(folder).map((file) => ({ platform, file, isPrebuild: index > 0 })),
  );
}

function addonsIn(folder) {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.node'));
  return names.sort().map((name) => join(folder, name));
}

/**
 * The prebuilds alone, of all platforms: the same bytes wherever a release is built from the same sources.
 *
 * @param {string} [native] stands in for native/
 * @throws Error that names what is missing, was made from other sources than there are now, or is built for another
 *   platform than its folder says
 */
function allPrebuilds(native = NATIVE) {
  const prebuilds = builtAddons(native).filter(({ isPrebuild }) => isPrebuild);
  const missing = PLATFORMS.filter((name) => !prebuilds.some(({ platform }) => platform === name));
  if (missing.length > 0) {
    throw new Error(
      `--env prebuilds needs native code for all platforms, and there is none for ${missing.join(', ')}. This makes it:\n\n  npm run build:prebuilds\n`,
    );
  }
  checkOrigin(native);
  for (const { platform, file } of prebuilds) {
    const found = platformOf(readFileSync(file));
    if (found === platform) continue;
    throw new Error(
      `${file}: expected native code for ${platform}, got ${found ? `some for ${found}` : 'something else'}`,
    );
  }
  return prebuilds;
}

/** By the machine codes in the headers of ELF, PE and Mach-O. */
const MACHINES = {
  linux: { at: 18, 0x3e: 'x64', 0xb7: 'arm64' },
  win32: { at: 4, 0x8664: 'x64', 0xaa64: 'arm64' },
  darwin: { at: 4, 0x01000007: 'x64', 0x0100000c: 'arm64' },
};
const PE_HEADER_AT = 0x3c;

/**
 * What a file has native code for, by its header; a wrong file would leave a platform with WebAssembly without a word.
 *
 * @param {Buffer} bytes
 * @returns {string | undefined} such as 'linux-x64'
 */
function platformOf(bytes) {
  // Zeros after a file that ends early, so that all can be read.
  const head = Buffer.concat([bytes.subarray(0, 0x1000), Buffer.alloc(PE_HEADER_AT + 4)]);
  const named = (system, machine) => {
    const arch = MACHINES[system][machine];
    return arch && `${system}-${arch}`;
  };
  if (head.toString('latin1', 0, 4) === '\x7fELF') {
    return named('linux', head.readUInt16LE(MACHINES.linux.at));
  }
  if (head.readUInt32LE(0) === 0xfeedfacf) {
    return named('darwin', head.readUInt32LE(MACHINES.darwin.at));
  }
  if (head.toString('latin1', 0, 2) !== 'MZ') return undefined;
  const header = head.subarray(head.readUInt32LE(PE_HEADER_AT));
  return header.toString('latin1', 0, 4) === 'PE\0\0' && header.length >= 6
    ? named('win32', header.readUInt16LE(MACHINES.win32.at))
    : undefined;
}

/** What the build says of the addons in a bundle. */
function describeAddons(addons) {
  if (addons.length === 0) return 'no native code (npm run build:prebuilds makes it)';
  const names = [...new Set(addons.map(({ platform }) => platform))].map((name) =>
    addons.some(({ platform, isPrebuild }) => platform === name && !isPrebuild)
      ? `${name} (built here)`
      : name,
  );
  return `native code for ${names.join(', ')}`;
}

module.exports = {
  PLATFORMS,
  prebuildFolder,
  builtAddons,
  allPrebuilds,
  platformOf,
  describeAddons,
};
