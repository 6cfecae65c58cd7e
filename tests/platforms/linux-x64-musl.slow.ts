import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { KNOWN_ANSWERS } from '../../src/mining/kernels/choose';
import { PreparedHeader } from '../../src/mining/kernels/prepared-header';
import { prebuild } from './bundles';

const HOST = path.join(__dirname, 'musl-host.c');
const HEADERS = path.join(__dirname, '../../node_modules/node-api-headers/include');
const VERSIONS = 16;

// The registry has no Node linked with musl, so a small program stands in for one.
describe('linux-x64, in a program linked with musl', () => {
  let folder: string;
  let host: string;

  before(() => {
    const compiler = 'musl-gcc';
    if (spawnSync(compiler, ['--version']).error) {
      throw new Error(`no ${compiler} here: apt-get install -y --no-install-recommends musl-tools`);
    }
    folder = mkdtempSync(path.join(os.tmpdir(), 'musl-'));
    host = path.join(folder, 'host');
    execFileSync(compiler, ['-std=c11', '-rdynamic', `-I${HEADERS}`, HOST, '-o', host]);
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  for (const { name, header, target, hits } of KNOWN_ANSWERS.filter(
    (answer) => answer.hits.length === 1,
  )) {
    it(`each native hash loop that this CPU can run finds the ${name}`, () => {
      const { midstates, words, mask } = new PreparedHeader(header, target, VERSIONS);
      const prepared = [...midstates.flatMap((each) => [...each]), ...words.subarray(0, 3), mask];
      const args = [hits[0]!.nonce, ...prepared].map((word) => String(word >>> 0));
      const output = execFileSync(host, [prebuild('linux-x64'), ...args], { encoding: 'utf8' });
      const lines = output.trim().split('\n');
      expect(lines).to.have.length.of.at.least(1);
      // The group isn't passed over, and its only candidate is the first nonce with the version as it is.
      const found = [1, ...Array<number>(VERSIONS - 1).fill(0)].join(' ');
      for (const line of lines) expect(line).to.match(new RegExp(`^[a-z0-9-]+ 0 ${found}$`));
    });
  }
});
