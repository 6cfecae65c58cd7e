const { readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { brotliCompressSync, constants } = require('node:zlib');

const runtime = join(__dirname, '../sdk-stand-in/namespace-wrapper/embedded-addon.ts');

/** classic-level's prebuilds, and the platforms that each is for. */
const PREBUILDS = {
  'linux-x64/classic-level.node': ['linux-x64'],
  'linux-x64/classic-level.musl.node': ['linux-x64-musl'],
  'linux-arm64/classic-level.armv8.node': ['linux-arm64'],
  'win32-x64/classic-level.node': ['win32-x64'],
  'darwin-x64+arm64/classic-level.node': ['darwin-x64', 'darwin-arm64'],
};

/** The highest quality would save another tenth, and take seconds of every build. */
const QUALITY = 9;

/**
 * Webpack loader for classic-level's binding.js, which has node-gyp-build load a prebuilt addon: puts the addons of all
 * platforms into the bundle instead, so that no file has to lie beside it. Only the stand-in for the SDK imports
 * classic-level.
 */
module.exports = function embedAddon() {
  const folder = join(dirname(this.resourcePath), 'prebuilds');
  const addons = Object.entries(PREBUILDS).map(([name, platforms]) => {
    const file = join(folder, name);
    this.addDependency(file);
    return { platforms, brotli: compressed(readFileSync(file)).toString('base64') };
  });
  return `module.exports = require(${JSON.stringify(runtime)}).loadEmbeddedAddon(${JSON.stringify(addons)});`;
};

function compressed(bytes) {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY } });
}
