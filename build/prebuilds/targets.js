/**
 * How the addon is compiled and linked for each platform, without any SDK, sysroot or C library. Compilers run in
 * native/, linkers in a folder with the objects; all paths are relative, so that none of this machine's can get into a
 * file.
 */

const LINUX = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };
const WINDOWS = { x64: 'x86_64-w64-windows-gnu', arm64: 'aarch64-w64-windows-gnu' };
const DARWIN = { x64: 'x86_64-apple-macos11', arm64: 'arm64-apple-macos11' };

/** The machine, in the words of llvm-dlltool. */
const DLLTOOL_MACHINES = { x64: 'i386:x86-64', arm64: 'arm64' };
const DARWIN_MACHINES = { x64: 'x86_64', arm64: 'arm64' };

/**
 * @typedef {object} Target
 * @property {string[]} flags the compiler's
 * @property {string[]} sources those it needs beside the addon's, as named in native/
 * @property {(link: { objects: string[], output: string, cross: string, nodeApiDef: string }) => string[][]} link the
 *   commands that make the output of the objects; cross is the path of native/cross/
 */

/**
 * Names of Node-API stay open, for the program that loads the addon to bind at once, and so do malloc, free and
 * getauxval: glibc's and musl's fit the same file.
 *
 * @returns {Target}
 */
function linux(arch) {
  return {
    flags: [`--target=${LINUX[arch]}`, '-fPIC'],
    sources: [],
    link: ({ objects, output }) => [
      ['ld.lld', '-shared', '-s', '--gc-sections', '-z', 'noexecstack', '-z', 'now']
        .concat(['--hash-style=gnu', '--build-id=none', '-soname', 'orca.node'])
        .concat(['-o', output, ...objects]),
    ],
  };
}

/**
 * See native/cross/windows/runtime.c.
 *
 * @returns {Target}
 */
function win32(arch) {
  const library = (def, name) =>
    ['llvm-dlltool', '-m', DLLTOOL_MACHINES[arch], '-d', def].concat(['-l', `${name}.lib`]);
  return {
    flags: [`--target=${WINDOWS[arch]}`],
    sources: ['cross/windows/runtime.c'],
    link: ({ objects, output, cross, nodeApiDef }) => [
      library(nodeApiDef, 'node'),
      library(`${cross}/windows/kernel32.def`, 'kernel32'),
      ['lld-link', '/dll', '/nodefaultlib', '/entry:DllMainCRTStartup', '/brepro', '/opt:ref']
        .concat(['/delayload:node.exe', `/out:${output}`, '/noimplib'])
        .concat([...objects, 'node.lib', 'kernel32.lib']),
    ],
  };
}

/**
 * Names of Node-API are looked up in the whole process. Macs with Apple's chips run signed code alone; an ad-hoc
 * signature, which only holds hashes, is enough.
 *
 * @returns {Target}
 */
function darwin(arch) {
  return {
    flags: [`--target=${DARWIN[arch]}`, '-fPIC'],
    sources: [],
    link: ({ objects, output, cross }) => [
      ['ld64.lld', '-arch', DARWIN_MACHINES[arch], '-platform_version', 'macos', '11.0', '11.0']
        .concat(['-bundle', '-undefined', 'dynamic_lookup', '-adhoc_codesign'])
        .concat(['-dead_strip', '-x', '-o', output])
        .concat([...objects, `${cross}/darwin/libSystem.tbd`]),
    ],
  };
}

const SYSTEMS = { linux, win32, darwin };

/** @param {string} platform one of PLATFORMS in build/native-addons.js */
function targetOf(platform) {
  const [system, arch] = platform.split('-');
  return SYSTEMS[system](arch);
}

module.exports = { targetOf };
