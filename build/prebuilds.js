const { execFile, execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } = require('node:fs');
const { basename, dirname, join, relative } = require('node:path');
const { promisify } = require('node:util');
const nodeApi = require('node-api-headers');
const { PLATFORMS, prebuildFolder } = require('./native-addons');
const { sourcesFor } = require('./native-sources');
const { digestOfSources, removeOrigin, writeOrigin } = require('./prebuilds/origin');
const { targetOf } = require('./prebuilds/targets');
const { findToolchain } = require('./prebuilds/toolchain');

// npm run build:prebuilds: the native addon for every platform of a release, on one Linux machine, with LLVM alone
// (docs/ENGINE.md, "Prebuilds"). The same version of LLVM makes the same bytes in any folder.

const run = promisify(execFile);
const NATIVE = join(__dirname, '../native');
const ADDON = 'orca.node';

// A compiler that is told to end as well may still write a file meanwhile.
const REMOVAL = { recursive: true, force: true, maxRetries: 10 };

const COMMON_FLAGS = [
  ...['-O2', '-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Werror'],
  // Only clang's own headers and native/cross/include are there.
  ...['-ffreestanding', '-nostdlibinc', '-fno-stack-protector'],
  ...['-fvisibility=hidden', '-ffunction-sections', '-fdata-sections', '-fno-ident', '-g0'],
  ...['-Icross/include', `-isystem${relative(NATIVE, nodeApi.include_dir)}`],
];

async function main() {
  const tools = findToolchain();
  const [compiler] = execFileSync(tools.clang, ['--version'], { encoding: 'utf8' }).split('\n');
  console.log(compiler);
  // Before they are read: what changes meanwhile makes it another.
  const sources = digestOfSources(NATIVE);
  const drafts = draftFolder();
  const files = await Promise.all(
    PLATFORMS.map((platform) => build(platform, join(drafts, platform), tools)),
  );
  // Nothing is put in its place until all is made.
  removeOrigin(NATIVE);
  PLATFORMS.forEach((platform, number) => put(files[number], platform));
  writeOrigin(NATIVE, { sources, compiler });
}

/** Beside the prebuilds, so that files are moved whole; removed however this program ends. */
function draftFolder() {
  const parent = dirname(prebuildFolder(PLATFORMS[0]));
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, '.draft-'));
  process.once('exit', () => rmSync(folder, REMOVAL));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  return folder;
}

/** Compiles and links in the folder, which is made, and returns the path of the addon. */
async function build(platform, folder, tools) {
  const target = targetOf(platform);
  const arch = platform.split('-')[1];
  const own = target.sources.map((source) => ({ source, clang: [] }));
  const objects = [];
  mkdirSync(folder);
  for (const { source, clang } of [...sourcesFor(arch), ...own]) {
    const object = `${basename(source, '.c')}.o`;
    const output = ['-o', join(relative(NATIVE, folder), object)];
    const flags = [...target.flags, ...COMMON_FLAGS, ...clang];
    await run(tools.clang, [...flags, '-c', source, ...output], { cwd: NATIVE });
    objects.push(object);
  }
  const cross = relative(folder, join(NATIVE, 'cross'));
  const nodeApiDef = relative(folder, nodeApi.def_paths.node_api_def);
  for (const [tool, ...args] of target.link({ objects, output: ADDON, cross, nodeApiDef })) {
    await run(tools[tool], args, { cwd: folder });
  }
  return join(folder, ADDON);
}

function put(file, platform) {
  const bytes = readFileSync(file);
  const hash = createHash('sha256').update(bytes).digest('hex');
  mkdirSync(prebuildFolder(platform), { recursive: true });
  renameSync(file, join(prebuildFolder(platform), ADDON));
  console.log(`${platform.padEnd(12)} ${String(bytes.length).padStart(6)} bytes  ${hash}`);
}

main().catch((error) => {
  // A compiler's or linker's own words, or ours.
  console.error(error.stderr || error.message);
  process.exit(1);
});
