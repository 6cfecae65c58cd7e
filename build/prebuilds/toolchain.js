const { accessSync, constants } = require('node:fs');
const { delimiter, join } = require('node:path');

/** The programs, and the packages of Debian that they are in. */
const PACKAGES = {
  clang: 'clang',
  'ld.lld': 'lld',
  'lld-link': 'lld',
  'ld64.lld': 'lld',
  'llvm-dlltool': 'llvm',
};

/** What releases are made with: another version makes other bytes of the same sources. */
const RELEASED_WITH = 19;
const OLDEST = 14;
const NEWEST = 40;

/**
 * The programs of one version of LLVM on the PATH: that of releases, else the newest, else the one without a version in
 * its names.
 *
 * @returns {Record<string, string>} their paths by their names without a version
 * @throws Error that names what is missing and how to install it
 */
function findToolchain() {
  const newestFirst = Array.from({ length: NEWEST - OLDEST + 1 }, (_, i) => NEWEST - i);
  const found = [RELEASED_WITH, ...newestFirst].map((version) => toolsNamed(`-${version}`));
  const tools = [...found, toolsNamed('')].find((tools) => missingFrom(tools).length === 0);
  if (tools) return tools;
  const missing = missingFrom(toolsNamed(`-${RELEASED_WITH}`), RELEASED_WITH);
  const packages = [...new Set(missing.map((name) => `${PACKAGES[name]}-${RELEASED_WITH}`))];
  throw new Error(
    `Missing: ${missing.map((name) => `${name}-${RELEASED_WITH}`).join(', ')}, or another version of all of them. ` +
      `On Debian: apt-get install -y --no-install-recommends ${packages.join(' ')}. ` +
      'Elsewhere, see CONTRIBUTING.md for how to make prebuilds in a container.',
  );
}

/** The path of a program, or undefined. */
function findProgram(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function toolsNamed(suffix) {
  const names = Object.keys(PACKAGES);
  return Object.fromEntries(names.map((name) => [name, findProgram(`${name}${suffix}`)]));
}

function missingFrom(tools) {
  return Object.keys(PACKAGES).filter((name) => !tools[name]);
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

module.exports = { findToolchain };
