const { readFileSync } = require('node:fs');

/** Webpack loader for src/mining/kernels/embedded-addons.ts: puts native addons (the option `addons`) into the bundle. */
module.exports = function embedNative() {
  const addons = {};
  for (const { platform, file } of this.getOptions().addons) {
    this.addDependency(file);
    (addons[platform] ??= []).push(readFileSync(file, 'base64'));
  }
  return `export const EMBEDDED_ADDONS = ${JSON.stringify(addons)};`;
};
