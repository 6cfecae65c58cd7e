import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { freePort } from '../sdk-stand-in/http';
import { describeProcesses } from '../runner/describe-processes';

interface LocalModeOutcome {
  submissions: Record<string, Record<string, { submission_value: string }>>;
  list: Record<string, number>;
  parameters: { round_number: number };
  health: { status: string };
}

describeProcesses("the task in the SDK's local test mode", function () {
  this.timeout(60_000);

  it("goes through the template's own flow", async () => {
    const cwd = mkdtempSync(path.join(os.tmpdir(), 'local-mode-'));
    const loader = createRequire(__filename).resolve('tsx');
    const script = path.join(__dirname, '../fixtures/local-mode.ts');
    const env = {
      PATH: process.env['PATH'],
      MINING_SECONDS: '3',
      API_PORT: '18080',
      STRATUM_PORT: '0',
    };
    try {
      const tsconfig = path.join(__dirname, '../../tsconfig.json');
      // Without a task id it is the local test mode; the port is its own.
      const args = ['--import', loader, script, 'local', '', String(await freePort())];
      const { stdout } = await promisify(execFile)(process.execPath, args, {
        cwd,
        env: { ...env, TSX_TSCONFIG_PATH: tsconfig },
      });
      const line = stdout.split('\n').find((text) => text.startsWith('OUTCOME '));
      const outcome = JSON.parse(line!.slice('OUTCOME '.length)) as LocalModeOutcome;
      const submitted = Object.entries(outcome.submissions['1']!);
      expect(submitted).to.have.length(1);
      const [key, { submission_value }] = submitted[0]!;
      expect(submission_value).to.match(/^EA[\w-]+$/);
      // The only submitter has proven all the work there is, so it gets the whole bounty.
      expect(outcome.list).to.deep.equal({ [key]: 1_000_000_000 });
      expect(outcome.parameters.round_number).to.equal(1);
      expect(outcome.health.status).to.equal('healthy');
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  });
});
