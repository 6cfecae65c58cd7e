import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const runtime = join(
  dirname(fileURLToPath(import.meta.url)),
  '../sdk-stand-in/namespace-wrapper/embedded-addon.ts',
);

/**
 * Webpack loader for a module that loads a prebuilt addon with node-gyp-build: puts the addon for the building
 * platform into the bundle, so that no file has to lie beside it.
 */
export default function embedAddon() {
  const addon = require('node-gyp-build').path(dirname(this.resourcePath));
  this.addDependency(addon);
  const base64 = readFileSync(addon, 'base64');
  return `module.exports = require(${JSON.stringify(runtime)}).loadEmbeddedAddon('${base64}');`;
}
