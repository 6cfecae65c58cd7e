import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import path from 'node:path';
import { once } from 'node:events';
import { expect } from 'chai';
import type { Finding } from '../../cli/preflight/finding';
import { describeProcesses } from '../runner/describe-processes';

const LOADER = createRequire(__filename).resolve('tsx');
const ROOT = path.join(__dirname, '../..');

describeProcesses('npm run preflight with its two rounds', function () {
  this.timeout(240_000);

  it('mines, proves, audits and pays with the bundle that is deployed', async () => {
    const args = ['--import', LOADER, 'cli/preflight.ts', '--json', '--round-seconds', '18'];
    const child = spawn(process.execPath, args, { cwd: ROOT });
    const ended = once(child, 'close');
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    const steps = findings.filter(({ name }) => name.startsWith('run'));
    expect(steps.map(({ level, name }) => `${level} ${name}`)).to.deep.equal([
      'PASS run: started',
      'PASS run: mined',
      'PASS run: proof on chain',
      'PASS run: verdicts',
      'PASS run: list paid',
    ]);
    expect(stderr).to.include('two rounds of 18 s');
    expect(await ended).to.deep.equal([0, null]);
  });
});
