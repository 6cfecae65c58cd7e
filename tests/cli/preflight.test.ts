import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Finding } from '../../cli/preflight/finding';

const LOADER = createRequire(__filename).resolve('tsx');
const ROOT = path.join(__dirname, '../..');

const BUNDLE = `;// ./sdk-stand-in/namespace-wrapper/index.ts
const consensus_built = typeof {"network":"main"} === 'undefined' ? undefined : {"network":"main"};
const EMBEDDED_ADDONS = {};
`;

describe('npm run preflight', function () {
  this.timeout(60_000);
  let folder: string;
  let bundle: string;

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'preflight-'));
    bundle = path.join(folder, 'main.js');
    writeFileSync(bundle, BUNDLE);
  });

  after(() => rmSync(folder, { recursive: true }));

  function preflight(...args: string[]) {
    const command = ['--import', LOADER, 'cli/preflight.ts', '--no-run', ...args];
    return spawnSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8' });
  }

  it('begins each line with a level and a name, and ends with 0 where nothing failed', () => {
    const { status, stdout, stderr } = preflight('--bundle', bundle);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    const lines = stdout.trim().split('\n');
    expect(lines).to.have.length.above(25);
    for (const line of lines) expect(line).to.match(/^(PASS|WARN) [\w -]+: \S/);
    expect(stdout).to.match(/^WARN SDK: the stand-in/m);
  });

  it('says the same as JSON, and ends with 1 where something failed', () => {
    const none = path.join(folder, 'none');
    const args = ['--json', '--config', `${none}.yml`, '--bundle', `${none}.js`];
    const { status, stdout } = preflight(...args);
    expect(status).to.equal(1);
    const { status: worst, findings } = JSON.parse(stdout) as {
      status: string;
      findings: Finding[];
    };
    expect(worst).to.equal('FAIL');
    expect(findings.map(({ level, name }) => `${level} ${name}`)).to.deep.equal([
      'FAIL config',
      'FAIL bundle',
    ]);
    for (const finding of findings) {
      expect(finding).to.have.all.keys('level', 'name', 'found', 'todo');
      expect(finding.todo).to.be.a('string');
    }
  });
});
