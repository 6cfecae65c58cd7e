import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { TaskState } from '../../sdk-stand-in/namespace-wrapper/types';
import { freePort, getJson } from './http';
import { SECRET_KEY, WALLET } from './wallet';
import { describeProcesses } from '../runner/describe-processes';

const SELF = WALLET.publicKey.toBase58();
const BOUNTY = 1_000_000_000;

interface Report {
  self: string;
  state: TaskState;
  lists: string[];
  verified: unknown;
  stored: string | null;
  missing: string | null;
  logged: boolean[];
}

describeProcesses('local test mode, with whichever SDK is installed', () => {
  let folder: string;
  let child: ChildProcess;
  let port: number;
  let report: Report;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'local-mode-'));
    const wallet = join(folder, 'wallet.json');
    writeFileSync(wallet, JSON.stringify([...SECRET_KEY]));
    port = await freePort();
    child = fork(join(__dirname, '../fixtures/local-flow.ts'), ['local', '', String(port)], {
      cwd: folder,
      execArgv: ['--import', pathToFileURL(require.resolve('tsx')).href],
      env: {
        ...process.env,
        STAKING_WALLET_PATH: wallet,
        TSX_TSCONFIG_PATH: join(__dirname, '../../tsconfig.json'),
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    [report] = (await once(child, 'message')) as [Report];
  });

  after(async () => {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    rmSync(folder, { recursive: true });
  });

  it('submits, and has nothing against a good submission', () => {
    expect(report.self).to.equal(SELF);
    const { submissions, submissions_audit_trigger } = report.state;
    expect(submissions[1]).to.deep.equal({
      [SELF]: { submission_value: 'value 1', slot: 100, round: 1 },
    });
    expect(submissions_audit_trigger).not.to.have.property('1');
  });

  it('raises an audit on a bad submission and votes on it the next time', () => {
    expect(report.state.submissions_audit_trigger[3]).to.deep.equal({
      [SELF]: {
        trigger_by: SELF,
        slot: 100,
        votes: [{ is_valid: false, voter: SELF, slot: 100 }],
      },
    });
  });

  it('submits a distribution list that passes the audit', () => {
    const { distribution_rewards_submission, distributions_audit_trigger } = report.state;
    expect(distribution_rewards_submission[1]).to.deep.equal({
      [SELF]: { submission_value: SELF, slot: 200, round: 1 },
    });
    expect(distributions_audit_trigger).to.deep.equal({});
    expect(JSON.parse(report.lists[0]!)).to.deep.equal({ [SELF]: BOUNTY });
  });

  it('selects the only submitter to make the list', () => {
    expect(JSON.parse(report.lists[1]!)).to.deep.equal({ [SELF]: BOUNTY });
  });

  it('stores strings in the folder it runs in, and verifies what it signed', () => {
    expect(report.stored).to.equal('hello');
    expect(report.missing).to.equal(null);
    expect(report.verified).to.deep.equal({ data: '{"a":1}' });
    expect(readdirSync(folder).join()).to.match(/KOIIDB/);
  });

  it('takes notices of the levels there are', () => {
    expect(report.logged).to.deep.equal([true, false]);
  });

  it('serves the task under /task/<anything> alone, and itself under /', async () => {
    const at = (path: string) => getJson(`http://localhost:${port}${path}`);
    expect(await at('/')).to.deep.equal({ status: 200, message: 'Running' });
    expect(await at('/task/some-id/greeting')).to.deep.equal({ greeting: 'hello' });
    expect(await at('/greeting')).to.equal(404);
  });
});
