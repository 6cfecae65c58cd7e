import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Keypair } from '../../sdk-stand-in/namespace-wrapper/keypair';
import { node18 } from '../fixtures/node18';
import { until } from '../fixtures/until';
import { type FakeNode, openFakeNode, SECRET, TASK_ID } from '../sdk-stand-in/fake-node';
import { freePort, getJson } from '../sdk-stand-in/http';
import { buildFixture, buildTinyTask } from './webpack';
import { describeProcesses } from '../runner/describe-processes';

const ROOT = join(__dirname, '../..');
const OFFICIAL = existsSync(join(ROOT, 'node_modules/@_koii/task-manager/package.json'));
const ROUND = 0;
const BETWEEN_EVENTS_MS = 200;

describeProcesses('the bundle', () => {
  let folder: string;
  let built: Awaited<ReturnType<typeof buildTinyTask>>;

  before(async function () {
    this.timeout(60_000);
    folder = mkdtempSync(join(tmpdir(), 'bundle-test-'));
    built = await buildTinyTask(join(folder, 'alone'));
  });

  after(() => rmSync(folder, { recursive: true }));

  it('is built with one line of output, which says which SDK is in it', () => {
    expect(built.status, built.stderr).to.equal(0);
    expect(built.stdout.trim().split('\n')).to.have.length(1);
    expect(built.stdout).to.include(
      OFFICIAL ? 'the official Koii SDK' : 'the stand-in for the Koii SDK',
    );
  });

  it('is one file that asks for nothing but the modules of Node', () => {
    expect(readdirSync(join(folder, 'alone'))).to.deep.equal(['main.js']);
    const code = readFileSync(join(folder, 'alone/main.js'), 'utf8');
    const required = [...code.matchAll(/^module\.exports = require\("(.+?)"\);$/gm)];
    expect(required).not.to.have.length(0);
    for (const [, name] of required) expect(isBuiltin(name!), name).to.equal(true);
    expect(code).not.to.include('sourceMappingURL=main');
    expect(code).not.to.include(ROOT);
  });

  it('has LevelDB addons of all platforms with the stand-in, which alone needs them', async () => {
    const withoutSdk = await buildFixture('print-kernel.ts', join(folder, 'without-sdk'));
    expect(withoutSdk.status, withoutSdk.stderr).to.equal(0);
    const platforms = (name: string): string[] =>
      [
        ...readFileSync(join(folder, name, 'main.js'), 'utf8').matchAll(/"platforms":\[(.+?)\]/g),
      ].map(([, list]) => list!.replaceAll('"', ''));
    expect(platforms('without-sdk')).to.deep.equal([]);
    expect(platforms('alone')).to.deep.equal(
      OFFICIAL
        ? []
        : ['linux-x64', 'linux-x64-musl', 'linux-arm64', 'win32-x64', 'darwin-x64,darwin-arm64'],
    );
  });

  it('is released with the official SDK only, and the refusal tells how to get it', async () => {
    const { status, stderr } = await buildTinyTask(join(folder, 'release'), 'release');
    expect(status).to.equal(OFFICIAL ? 0 : 1);
    if (!OFFICIAL) {
      expect(stderr).to.include('needs the official Koii SDK').and.include('npm run build:release');
      expect(stderr).not.to.include('    at ');
    }
  });

  for (const [name, binary] of [
    ['this Node', () => process.execPath],
    ['Node 18.12', node18],
  ] as const) {
    describe(`alone in a folder on ${name}, forked by a node`, () => {
      const other = Keypair.generate().publicKey.toBase58();
      let node: FakeNode;
      let task: ChildProcess;
      let port: number;
      let temporary: string;

      before(async function () {
        this.timeout(60_000);
        node = await openFakeNode();
        const database = join(mkdtempSync(join(folder, 'data-')), 'KOIILevelDB.db');
        const self = node.keypair.publicKey.toBase58();
        const submission = (value: string) => ({ submission_value: value, slot: 1, round: ROUND });
        Object.assign(node.answers, {
          getTaskLevelDBPath: () => database,
          getRpcUrl: () => 'http://localhost:1',
          getCurrentSlot: () => 1,
          getAverageSlotTime: () => 400,
          checkSubmissionAndUpdateRound: () => undefined,
          auditSubmission: () => undefined,
          uploadDistributionList: () => true,
          distributionListSubmissionOnChain: () => undefined,
          distributionListAuditSubmission: () => undefined,
          // The round before is empty, so this round's only submitter makes the list.
          getTaskSubmissionInfo: () => ({
            submissions: { [ROUND]: { [self]: submission('value 0') } },
            submissions_audit_trigger: {},
          }),
          getTaskDistributionInfo: () => ({
            distribution_rewards_submission: { [ROUND]: { [other]: submission(other) } },
            distributions_audit_trigger: {},
            distributions_audit_record: {},
          }),
          getDistributionList: () => JSON.stringify({ [self]: 1 }),
          getTaskState: () => ({
            bounty_amount_per_round: 1000,
            stake_list: {},
            audit_window: 1,
            submission_window: 1,
          }),
        });

        port = await freePort();
        temporary = join(folder, `tmp-${port}`);
        mkdirSync(temporary);
        const argv = [
          'tiny',
          TASK_ID,
          port,
          'service',
          'main account',
          SECRET,
          'k2',
          'service-url',
        ];
        task = fork(join(folder, 'alone/main.js'), [...argv, 1, node.port].map(String), {
          cwd: join(folder, 'alone'),
          execPath: binary(),
          execArgv: [],
          env: { PATH: process.env['PATH'], TMPDIR: temporary },
          stdio: 'ignore',
        });
      });

      after(async () => {
        const exit = once(task, 'exit');
        task.kill('SIGKILL');
        await exit;
        await node.close();
      });

      /** Sends the event of a round until it takes effect: nothing tells when the task is ready for it. */
      async function afterEvent(functionCall: string, method: string): Promise<unknown[]> {
        await until(async () => {
          if (node.callsOf(method).length > 0) return true;
          if (task.exitCode !== null) throw new Error(`the task exited with ${task.exitCode}`);
          task.send({ functionCall, roundNumber: ROUND });
          await sleep(BETWEEN_EVENTS_MS);
          return false;
        }, 50_000);
        return node.callsOf(method)[0]!;
      }

      it('keeps the event of a round, submits, audits, makes a list and audits one', async () => {
        const self = node.keypair.publicKey.toBase58();
        await afterEvent('executeTask', 'getTaskLevelDBPath');
        task.send({ functionCall: 'executeTask', roundNumber: ROUND });
        expect(await afterEvent('submitPayload', 'checkSubmissionAndUpdateRound')).to.deep.equal([
          'value 0',
          ROUND,
        ]);
        expect(
          await afterEvent('generateAndSubmitDistributionList', 'uploadDistributionList'),
        ).to.deep.equal([{ [self]: 1000 }, ROUND]);
        expect(
          await afterEvent('distributionListAudit', 'distributionListAuditSubmission'),
        ).to.deep.equal([other, false, ROUND]);

        node.answers['getTaskSubmissionInfo'] = () => ({
          submissions: { [ROUND]: { [other]: { submission_value: 'wrong', slot: 1 } } },
          submissions_audit_trigger: {},
        });
        expect(await afterEvent('auditPayload', 'auditSubmission')).to.deep.equal([
          other,
          false,
          ROUND,
        ]);
      });

      it('serves its routes on the port it was given', async () => {
        const greeting = await getJson(`http://localhost:${port}/greeting`);
        expect(greeting).to.deep.equal({ greeting: 'hello' });
      });

      it('leaves nothing beside itself or among the temporary files', () => {
        expect(readdirSync(join(folder, 'alone'))).to.deep.equal(['main.js']);
        expect(readdirSync(temporary)).to.deep.equal([]);
      });
    });
  }
});
