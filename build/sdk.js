const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const PACKAGES = ['@_koii/namespace-wrapper', '@_koii/task-manager'];

/**
 * Which Koii SDK a bundle gets: the official packages where npm could install both, else the stand-in.
 *
 * @param {string} root the repository's folder
 * @returns {{ official: boolean, name: string, alias: Record<string, string> }} alias is webpack's `resolve.alias`
 */
function resolveSdk(root) {
  const manifests = PACKAGES.map((name) => join(root, 'node_modules', name, 'package.json'));
  if (manifests.every((path) => existsSync(path))) {
    const versions = manifests.map((path) => JSON.parse(readFileSync(path, 'utf8')));
    return {
      official: true,
      name: `the official Koii SDK (${versions.map((p) => `${p.name} ${p.version}`).join(', ')})`,
      alias: {},
    };
  }
  return {
    official: false,
    name: 'the stand-in for the Koii SDK (development only)',
    alias: Object.fromEntries(
      PACKAGES.map((name) => [`${name}$`, join(root, 'sdk-stand-in', name.replace('@_koii/', ''))]),
    ),
  };
}

module.exports = { resolveSdk };
