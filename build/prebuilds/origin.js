const { createHash } = require('node:crypto');
const {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { join } = require('node:path');

// What prebuilds were made from, kept beside them: nobody could make a release again that has code of older sources.

const BUILD = join(__dirname, '..');
const PROGRAMS = ['native-sources.js', 'prebuilds.js', 'prebuilds'];
const OUTPUTS = ['build', 'prebuilds'];

/**
 * One hash of all that the bytes of prebuilds depend on, but for the compiler: the addon's sources, the programs that
 * build it, and what Node-API's package has for them. It is the same in any folder, and with either line ends, as git may
 * convert them.
 *
 * @param {string} native path of native/
 * @returns {string} SHA-256 in hex
 */
function digestOfSources(native) {
  // Not above: what only looks for addons has to run without the packages for building.
  const nodeApi = require('node-api-headers');
  const files = [
    ...filesAt(native, 'native', OUTPUTS),
    ...PROGRAMS.flatMap((name) => filesAt(join(BUILD, name), `build/${name}`)),
    ...filesAt(nodeApi.include_dir, 'node-api-headers/include'),
    ...filesAt(nodeApi.def_paths.node_api_def, 'node-api-headers/node_api.def'),
  ];
  const lines = files.map(({ name, path }) => {
    const text = readFileSync(path, 'latin1').replaceAll('\r\n', '\n');
    return `${sha256(text)}  ${name}\n`;
  });
  return sha256(lines.sort().join(''));
}

/** The file of a path, or those below it; not hidden ones, which editors and systems leave there. */
function filesAt(path, name, except = []) {
  if (!statSync(path).isDirectory()) return [{ name, path }];
  return readdirSync(path)
    .filter((entry) => !entry.startsWith('.') && !except.includes(entry))
    .flatMap((entry) => filesAt(join(path, entry), `${name}/${entry}`));
}

function sha256(text) {
  return createHash('sha256').update(text, 'latin1').digest('hex');
}

const originOf = (native) => join(native, 'prebuilds/origin.json');

/**
 * @param {string} native path of native/
 * @param {{ sources: string, compiler: string }} origin digestOfSources() before the build, and the compiler's version
 */
function writeOrigin(native, { sources, compiler }) {
  writeFileSync(originOf(native), `${JSON.stringify({ sources, compiler }, undefined, 2)}\n`);
}

/** Before prebuilds are replaced: if that is interrupted, those there are of different origins. */
function removeOrigin(native) {
  rmSync(originOf(native), { force: true });
}

/**
 * @param {string} native path of native/
 * @throws Error that says what to do where the prebuilds are not known to be made from the sources there are now
 */
function checkOrigin(native) {
  const path = originOf(native);
  const { sources } = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  if (sources === digestOfSources(native)) return;
  const found = sources
    ? 'was made from other sources than there are now'
    : "doesn't say from which sources it was made";
  throw new Error(
    `native/prebuilds ${found}, so nobody could make the same release again. This makes it anew:\n\n  npm run build:prebuilds\n`,
  );
}

module.exports = { digestOfSources, writeOrigin, removeOrigin, checkOrigin };
