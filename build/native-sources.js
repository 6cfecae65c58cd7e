const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { runInNewContext } = require('node:vm');

const NATIVE = join(__dirname, '../native');

/**
 * What native/binding.gyp compiles for an architecture: each source, in the order to link them, with the flags that are
 * its own. Those for clang are what it gives to Xcode's.
 *
 * @param {string} arch 'x64' or 'arm64'
 * @param {string} [native] stands in for native/
 * @throws Error for any other architecture
 * @returns {{ source: string, clang: string[], gcc: string[] }[]} sources as named in native/
 */
function sourcesFor(arch, native = NATIVE) {
  const { targets, conditions } = readGyp(readFileSync(join(native, 'binding.gyp'), 'utf8'));
  const ofArch = conditions.filter(([condition]) => condition === `target_arch == "${arch}"`);
  const loops = ofArch.flatMap(([, { targets }]) => targets);
  if (loops.length === 0) throw new Error(`native/binding.gyp has no hash loop for ${arch}`);
  return [...targets, ...loops].flatMap(({ sources, cflags_c: gcc = [], xcode_settings: xcode }) =>
    sources.map((source) => ({ source, clang: xcode?.OTHER_CFLAGS ?? [], gcc })),
  );
}

/** A .gyp file is a literal of Python, which reads as one of JavaScript but for its comments. */
function readGyp(text) {
  return runInNewContext(`(${text.replace(/^\s*#.*$/gm, '')})`);
}

module.exports = { sourcesFor };
