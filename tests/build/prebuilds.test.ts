import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect } from 'chai';

const { sourcesFor } = createRequire(__filename)('../../build/native-sources.js') as {
  sourcesFor: (arch: string) => { source: string; clang: string[]; gcc: string[] }[];
};

const instructionsOf = (flags: string[]): string[] => flags.filter((flag) => flag.startsWith('-m'));

describe('npm run build:prebuilds, before it builds', () => {
  it('says what to install where there is no LLVM', () => {
    const script = path.join(__dirname, '../../build/prebuilds.js');
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
      encoding: 'utf8',
      env: { PATH: __dirname },
    });
    expect(stdout).to.equal('');
    expect(stderr).to.match(/^Missing: clang-19, ld\.lld-19, .*\n$/);
    expect(stderr).to.include('apt-get install -y --no-install-recommends clang-19 lld-19 llvm-19');
    expect(status).to.equal(1);
  });

  it('takes the sources from native/binding.gyp, with the instructions it allows each', () => {
    const loops = { x64: ['avx512.c', 'avx2.c', 'sha-ni.c'], arm64: ['armv8.c'] };
    for (const [arch, expected] of Object.entries(loops)) {
      const [addon, cpu, ...others] = sourcesFor(arch);
      for (const { clang, gcc } of [addon!, cpu!]) {
        expect(instructionsOf(clang)).to.deep.equal([]);
        expect(instructionsOf(gcc)).to.deep.equal([]);
      }
      expect([addon!.source, cpu!.source]).to.deep.equal(['addon.c', 'cpu.c']);
      expect(others.map(({ source }) => source)).to.deep.equal(expected);
      for (const { source, clang, gcc } of others) {
        expect(instructionsOf(clang), source).to.not.be.empty;
        expect(instructionsOf(clang), source).to.deep.equal(instructionsOf(gcc));
      }
    }
  });

  it('refuses an architecture without a hash loop', () => {
    expect(() => sourcesFor('mips')).to.throw('native/binding.gyp has no hash loop for mips');
  });
});
