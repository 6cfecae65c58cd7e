const { readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const nodeGypBuild = require('node-gyp-build');

const runtime = join(__dirname, '../sdk-stand-in/namespace-wrapper/embedded-addon.ts');

/**
 * Webpack loader for a module that loads a prebuilt addon with node-gyp-build: puts the addon for the building
 * platform into the bundle, so that no file has to lie beside it.
 */
module.exports = function embedAddon() {
  const addon = nodeGypBuild.path(dirname(this.resourcePath));
  this.addDependency(addon);
  const base64 = readFileSync(addon, 'base64');
  return `module.exports = require(${JSON.stringify(runtime)}).loadEmbeddedAddon('${base64}');`;
};
