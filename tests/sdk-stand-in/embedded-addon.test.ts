import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import {
  addonFor,
  type EmbeddedAddon,
  loadEmbeddedAddon,
} from '../../sdk-stand-in/namespace-wrapper/embedded-addon';

interface Loading {
  resourcePath: string;
  addDependency: (file: string) => void;
}
const require = createRequire(__filename);
const embedAddon = require('../../build/embed-addon-loader') as (this: Loading) => string;

const PACKAGE = path.dirname(require.resolve('classic-level/package.json'));
const TARGETS = [
  ['linux', 'x64', 'glibc'],
  ['linux', 'x64', 'musl'],
  ['linux', 'arm64', 'glibc'],
  ['linux', 'arm64', 'musl'],
  ['win32', 'x64', ''],
  ['darwin', 'x64', ''],
  ['darwin', 'arm64', ''],
] as const;

/** The addons that the loader puts into a bundle, and the files it read them from. */
function embedded(): { addons: EmbeddedAddon[]; files: string[] } {
  const files: string[] = [];
  const source = embedAddon.call({
    resourcePath: path.join(PACKAGE, 'binding.js'),
    addDependency: (file) => files.push(file),
  });
  const bundled = {
    module: { exports: [] as EmbeddedAddon[] },
    require: () => ({ loadEmbeddedAddon: (addons: EmbeddedAddon[]) => addons }),
  };
  runInNewContext(source, bundled);
  return { addons: bundled.module.exports, files };
}

/** What node-gyp-build takes on another platform. */
function chosenByNodeGypBuild(platform: string, arch: string, libc: string): Buffer {
  const script = `process.stdout.write(require('node-gyp-build').path(${JSON.stringify(PACKAGE)}))`;
  const env = { npm_config_platform: platform, npm_config_arch: arch, LIBC: libc };
  return readFileSync(
    execFileSync(process.execPath, ['-e', script], { cwd: PACKAGE, env }).toString(),
  );
}

describe('the LevelDB addons of the development bundle', () => {
  const { addons, files } = embedded();

  for (const [platform, arch, libc] of TARGETS) {
    const target = [platform, arch, libc].filter(Boolean).join(' ');
    it(`has for ${target} the one that node-gyp-build takes`, () => {
      const bytes = addonFor(addons, `${platform}-${arch}`, libc === 'musl');
      const expected = chosenByNodeGypBuild(platform, arch, libc);
      expect(Buffer.compare(bytes, expected)).to.equal(0);
    });
  }

  it('names the platform when there is none for it, and those there are', () => {
    expect(() => addonFor(addons, 'win32-arm64', false)).to.throw(
      'no LevelDB for win32-arm64, only for linux-x64, linux-x64-musl, linux-arm64, win32-x64, darwin-x64, darwin-arm64',
    );
  });

  it('loads the one of this platform', () => {
    expect(loadEmbeddedAddon(addons)).to.have.property('db_open').that.is.a('function');
  });

  it('are built again when one of them changes', () => {
    expect(files).to.have.length(5);
    for (const file of files) expect(file).to.include(path.join(PACKAGE, 'prebuilds'));
  });
});
