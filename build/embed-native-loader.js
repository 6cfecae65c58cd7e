const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const native = join(__dirname, '../native');

/**
 * Webpack loader for src/mining/kernels/embedded-addons.ts: puts the native addons that were built into the bundle,
 * the one of `npm run build:native` and, by the conventions of node-gyp-build, prebuilds of other platforms.
 */
module.exports = function embedNative() {
  const addons = {};
  for (const [platform, folder] of folders()) {
    const files = readdirSync(folder).filter((name) => name.endsWith('.node'));
    for (const file of files.map((name) => join(folder, name))) {
      this.addDependency(file);
      (addons[platform] ??= []).push(readFileSync(file, 'base64'));
    }
  }
  return `export const EMBEDDED_ADDONS = ${JSON.stringify(addons)};`;
};

function folders() {
  const prebuilds = join(native, 'prebuilds');
  const platforms = existsSync(prebuilds) ? readdirSync(prebuilds) : [];
  return [
    [`${process.platform}-${process.arch}`, join(native, 'build/Release')],
    ...platforms.map((platform) => [platform, join(prebuilds, platform)]),
  ].filter(([, folder]) => existsSync(folder));
}
