const { createHash } = require('node:crypto');
const { readFileSync, writeFileSync } = require('node:fs');
const { dirname, relative, sep } = require('node:path');

/**
 * Writes the SHA-256 of files to a list that `sha256sum -c` reads in its folder, sorted by name.
 *
 * @param {string} list path of the list
 * @param {string[]} files their paths; the list has them relative to its folder
 */
function writeChecksums(list, files) {
  const lines = files
    .map((file) => [relative(dirname(list), file).split(sep).join('/'), file])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, file]) => `${sha256(file)}  ${name}\n`);
  writeFileSync(list, lines.join(''));
}

function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

module.exports = { writeChecksums };
