const { readFileSync } = require('node:fs');
const { builtAddons } = require('./native-addons');

/** Webpack loader for src/mining/kernels/embedded-addons.ts: puts the native addons that were built into the bundle. */
module.exports = function embedNative() {
  const addons = {};
  for (const { platform, file } of builtAddons()) {
    this.addDependency(file);
    (addons[platform] ??= []).push(readFileSync(file, 'base64'));
  }
  return `export const EMBEDDED_ADDONS = ${JSON.stringify(addons)};`;
};
