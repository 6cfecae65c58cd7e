import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import stringWidth from 'string-width';
import type { RunReport } from '../../simulator';
import { eventually, until } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';
import { toyDeclaring } from './declaring';
import { isAlive } from './processes';

const TOY = [
  '--no-mining',
  '--task',
  'tests/fixtures/toy-task.js',
  '--config',
  'tests/fixtures/toy-task.yml',
];

/** Far more than a run takes to start on a busy machine. */
const START_MS = 60_000;

interface Run {
  readonly process: ChildProcess;
  /** stdout so far. */
  readonly output: () => string;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

describeProcesses('npm run simulate', function () {
  this.timeout(60_000);
  let directory: string;
  let runs: Run[];

  beforeEach(() => {
    directory = mkdtempSync(join(os.tmpdir(), 'simulate-'));
    runs = [];
  });

  afterEach(async () => {
    for (const run of runs) {
      run.process.kill('SIGTERM');
      await run.ended;
    }
    rmSync(directory, { recursive: true });
  });

  function simulate(args: readonly string[], env: Record<string, string> = {}): Run {
    const child = spawn(process.execPath, ['--import', 'tsx', 'cli/simulate.ts', ...args], {
      env: { ...process.env, ...env, TMPDIR: directory },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    const ended = new Promise<Awaited<Run['ended']>>((resolve) => {
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
    const run = { process: child, output: () => stdout, ended };
    runs.push(run);
    return run;
  }

  /** What each task logs about itself, once round 0 has begun. */
  async function tasks(run: Run, keep: string) {
    await until(() => run.output().includes('Round 0'), START_MS);
    return [1, 2, 3].map((n) => {
      const [first] = readFileSync(join(keep, `node-${n}`, 'task.log'), 'utf8').split('\n');
      return JSON.parse(first!) as { pid: number; env: Record<string, string> };
    });
  }

  async function taskPids(run: Run, keep: string): Promise<number[]> {
    return (await tasks(run, keep)).map(({ pid }) => pid);
  }

  it('runs rounds, prints tables that fit 80 columns, writes the run and exits with 0', async () => {
    const json = join(directory, 'out.json');
    const args = ['--rounds', '2', '--round-seconds', '2', '--seed', 'fixed', '--json', json];
    const ledger = ['--ledger', 'strict,votes-by-stake'];
    const config = ['--config', toyDeclaring(directory, { TOY_CALLS: 'TASK_VARIABLE' })];
    const notice = ['logger', 'warn', 'all \x1b[2J is\r\nwell', 'look'];
    const { code, stdout, stderr } = await simulate([...TOY, ...config, ...args, ...ledger], {
      TOY_CALLS: JSON.stringify([notice]),
    }).ended;
    expect(stderr).to.equal('');
    expect(code).to.equal(0);
    const tables = stdout.split('\n').filter((line) => /[│┌├└]/.test(line));
    expect(tables).to.have.length(5 + 3 + 4 + 2);
    expect(Math.max(...tables.map((line) => stringWidth(line)))).to.be.at.most(80);
    expect(stdout).to.match(
      /Round 1: submission window, \d+ s left \(work on 1, submissions of 0\)/,
    );
    expect(stdout).to.match(
      /^Nodes work in rounds 0 to 1; two more rounds follow, for the last audit and payout: \d+ s\.$/m,
    );
    expect(stdout).to.match(
      /Round 2: submission window, \d+ s left \(work is over, submissions of 1/,
    );
    expect(stdout).to.match(
      /^Round 0 is paid: node-1 0\.3333, node-2 0\.3333, node-3 0\.3333 tokens \(the first payout, \d+ s after the start\)$/m,
    );
    expect(stdout).to.match(/^Round 1 is paid: .* tokens$/m);
    expect(stdout).to.match(/^node-1 tells its owner \(warn\): all /m);
    const told = stdout.slice(stdout.indexOf('Warnings to the owners:\n'));
    expect(told).to.include('\n  node-3, round 1, warn: all \\x1b[2J is\\x0d\\x0awell\n');
    expect(stdout).not.to.match(/[^\P{Cc}\n]/u);

    const report = JSON.parse(readFileSync(json, 'utf8')) as RunReport;
    expect(report).to.include({ succeeded: true, interrupted: false, taskName: 'Toy' });
    expect(report.rounds.map(({ round, accepted }) => ({ round, accepted }))).to.deep.equal([
      { round: 0, accepted: true },
      { round: 1, accepted: true },
    ]);
    expect(report.ledger).to.include({ lateLists: false, votesByStake: true, paidList: 'first' });
    expect(report.nodes).to.have.length(3);
    for (const node of report.nodes) {
      expect(node.balance).to.equal(2 * 333_333_333);
      const { notices } = node;
      expect(notices[0]).to.deep.equal({
        round: 1,
        level: notice[1],
        message: notice[2],
        action: notice[3],
      });
      expect(notices.map(({ round }) => round)).to.deep.equal([1, 2]);
      expect(existsSync(node.log), 'files of a good run are removed').to.equal(false);
    }
  });

  it('ends every process on Ctrl-C, and exits with 0 when it had no end', async () => {
    const keep = join(directory, 'kept');
    const args = [...TOY, '--rounds', '0', '--round-seconds', '2', '--keep', keep];
    const run = simulate(args, { TOY_LIST: 'greedy', MINING_THREADS: '2' });
    const started = await tasks(run, keep);
    for (const { env } of started) {
      expect(Object.keys(env), 'nothing that the deployment does not declare').to.deep.equal([
        'PATH',
      ]);
    }
    const pids = started.map(({ pid }) => pid);
    expect(pids.every(isAlive)).to.equal(true);
    run.process.kill('SIGINT');
    const { code, stdout } = await run.ended;
    expect(code).to.equal(0);
    expect(pids.some(isAlive)).to.equal(false);
    expect(stdout).to.include(keep);
  });

  it('gives the APIs and Stratum successive ports and the host of the shell, for others to reach', async () => {
    const keep = join(directory, 'kept');
    // Treated like this repository's task, whatever its deployment declares: the toy does not open the ports.
    const args = ['--task', 'tests/fixtures/toy-task.js', '--keep', keep];
    const ports = ['--api-port', '18000', '--stratum-port', '18100'];
    const hosts = { API_HOST: '::', STRATUM_HOST: '0.0.0.0' };
    const run = simulate([...args, ...ports, '--round-seconds', '2'], hosts);
    const started = await tasks(run, keep);
    const of = (what: string): unknown => started.map(({ env }) => env[what]);
    expect(of('API_HOST')).to.deep.equal(['::', '::', '::']);
    expect(of('API_PORT')).to.deep.equal(['18000', '18001', '18002']);
    expect(of('STRATUM_HOST')).to.deep.equal(['0.0.0.0', '0.0.0.0', '0.0.0.0']);
    expect(of('STRATUM_PORT')).to.deep.equal(['18100', '18101', '18102']);
    const nodes = [18_100, 18_101, 18_102].map(
      (port, index) => `node-${index + 1} stratum+tcp://127.0.0.1:${port}`,
    );
    expect(run.output()).to.include(`Stratum, for any SHA-256 miner: ${nodes.join(', ')}\n`);
  });

  it('exits with 130 when Ctrl-C cuts it short, and says where it was', async () => {
    const json = join(directory, 'out.json');
    const run = simulate([...TOY, '--rounds', '3', '--round-seconds', '2', '--json', json]);
    await until(() => run.output().includes('Round 1'), START_MS);
    run.process.kill('SIGINT');
    const { code, stdout } = await run.ended;
    expect(code).to.equal(130);
    expect(stdout).to.match(
      /^Interrupted in round 1 \(3 rounds .*: what is shown is as far as it/m,
    );
    const report = JSON.parse(readFileSync(json, 'utf8')) as RunReport;
    expect(report).to.include({ interrupted: true, interruptedInRound: 1 });
  });

  it('refuses a mistake in an option, a path or a port before it builds', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const port = String((taken.address() as AddressInfo).port);
    try {
      const ran = await Promise.all(
        [
          ['--roundz', '3'],
          ['--json', join(directory, 'no', 'out.json')],
          ['--api-port', port],
        ].map((args) => simulate(['--build', ...args]).ended),
      );
      expect(ran.map(({ code, stdout }) => ({ code, stdout }))).to.deep.equal(
        ran.map(() => ({ code: 1, stdout: '' })),
      );
      expect(ran[0]!.stderr).to.include("unknown option '--roundz'");
      expect(ran[1]!.stderr).to.match(
        /^simulate: --json .*out\.json can't be written: there is no/,
      );
      expect(ran[2]!.stderr).to.include(`port ${port} of 127.0.0.1, for node-1, can't be had`);
    } finally {
      taken.close();
    }
  });

  it('is what npm start runs, with --bitcoin; it builds after it has read the options', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    const command = 'tsx -r ./build/tools-node.js cli/simulate.ts --build --compile';
    expect(scripts).to.include({ start: `${command} --bitcoin`, simulate: command });
  });

  it('takes the tasks with it when it is killed', async () => {
    const keep = join(directory, 'kept');
    const run = simulate([...TOY, '--rounds', '0', '--round-seconds', '2', '--keep', keep]);
    const pids = await taskPids(run, keep);
    run.process.kill('SIGKILL');
    await run.ended;
    expect(await eventually(() => !pids.some(isAlive))).to.equal(true);
  });

  it("prints the first node's dashboard, where it listens, with the token of its controls", async () => {
    const args = ['--nodes', '1', '--rounds', '0', '--round-seconds', '60'];
    const hasIpv6 = os.networkInterfaces()['lo']?.some(({ address }) => address === '::1');
    const run = simulate(args, { MINING_INTENSITY: '5', ...(hasIpv6 && { API_HOST: '::1' }) });
    const address = await eventually(() => /Dashboard of node-1: (\S+)/.exec(run.output())?.[1]);
    expect(new URL(address).hostname).to.equal(hasIpv6 ? '[::1]' : '127.0.0.1');
    const entered = await eventually(() =>
      fetch(address, { redirect: 'manual' }).catch(() => undefined),
    );
    expect(entered.status).to.equal(303);
    const [cookie] = entered.headers.getSetCookie();
    const { status } = await fetch(new URL('/dashboard/control', address), {
      method: 'POST',
      headers: {
        cookie: cookie!.split(';')[0]!,
        'x-orca-control': '1',
        'content-type': 'application/json',
      },
      body: '{"action":"pause"}',
    });
    expect(status).to.equal(200);
  });

  it('exits with 1, the reason and where the logs are when the processes died', async () => {
    const config = toyDeclaring(directory, { TOY_EXIT: 'GLOBAL_VARIABLE' });
    const args = [...TOY, '--config', config, '--rounds', '1', '--round-seconds', '2'];
    const { code, stdout, stderr } = await simulate(args, { TOY_EXIT: '0:3' }).ended;
    expect(code).to.equal(1);
    expect(stderr).to.match(
      /The run failed:\n {2}node-\d exited with 3 in round 0, see (.*)task\.log/,
    );
    const [, files] = /logs \(task\.log\) are in (.*)/.exec(stdout)!;
    expect(readFileSync(join(files!, 'node-1', 'task.log'), 'utf8')).to.include(
      'executing round 0',
    );
  });

  it('refuses a task that declares variables, of which the shell has none, and says what to do', async () => {
    const tags = { TOY_LIST: 'TASK_VARIABLE', TOY_EXIT: 'GLOBAL_VARIABLE' };
    const keep = join(directory, 'kept');
    const args = [...TOY, '--config', toyDeclaring(directory, tags), '--keep', keep];
    const { code, stderr } = await simulate(args, { TOY_LIST: '', TOY_EXIT: '9:0' }).ended;
    expect(code).to.equal(1);
    expect(stderr).to.match(/^simulate: no desktop node.*\n {2}TOY_LIST: every node\nGive each/);
    expect(stderr).to.include('from the shell');
    expect(readdirSync(keep), 'no node was made').to.deep.equal([]);
  });

  const mistakes: [string, string[], RegExp][] = [
    ['a task that is missing', [...TOY, '--task', 'no-such.js'], /no-such\.js/],
    ['a configuration that is missing', [...TOY, '--config', 'no-such.yml'], /no-such\.yml/],
    [
      'cheaters that outweigh the honest nodes',
      ['--nodes', '1', '--cheaters', 'copy,forge'],
      /more than half of the stake.*--nodes 2/,
    ],
    ['a directory in use', [...TOY, '--keep', 'simulator'], /--keep simulator.*empty/],
  ];
  for (const [name, args, message] of mistakes) {
    it(`refuses ${name}`, async () => {
      const { code, stderr } = await simulate(args).ended;
      expect(code).to.equal(1);
      expect(stderr).to.match(message);
    });
  }
});
