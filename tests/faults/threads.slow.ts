import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { BUNDLE, LoneTask } from '../fixtures/lone-task';
import { eventually } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;
const THREADS = 4;

/** A user without other processes: the limit is on a user's threads, and root is exempt. */
const USER = 20_000 + (process.pid % 40_000);

const AS_USER = [`--reuid=${USER}`, `--regid=${USER}`, '--clear-groups'];
const ENOUGH = 1000;

interface Health {
  components: { miner: boolean };
}

describeProcesses('fault: the machine gives no more threads', function () {
  this.timeout(60_000);
  let task: LoneTask;
  let bundle: string;
  before(function () {
    const probe = mkdtempSync(path.join(os.tmpdir(), 'threads-'));
    const { status } = spawnSync(asUser(probe, ENOUGH), ['-e', '0']);
    rmSync(probe, { recursive: true });
    // Needs root, setpriv and prlimit (util-linux), and a Node that other users may run.
    if (status !== 0) this.skip();
  });
  beforeEach(() => {
    task = new LoneTask();
    // That user may have no access to the repository.
    bundle = path.join(task.directory, 'main.js');
    copyFileSync(BUNDLE, bundle);
  });
  afterEach(() => task.dispose());

  const start = (maxThreads: number): Promise<void> =>
    task.start(
      bundle,
      { MINING_THREADS: String(THREADS) },
      { execPath: asUser(task.directory, maxThreads) },
    );
  const lift = (): void =>
    void execFileSync('setpriv', [
      ...AS_USER,
      'prlimit',
      '--pid',
      String(task.pid),
      `--nproc=${ENOUGH}:`,
    ]);
  const miner = async (): Promise<boolean | undefined> =>
    (await task.getAnyStatus<Health>('/healthz'))?.components.miner;
  const threadsUp = async (): Promise<number> =>
    THREADS - (await task.metric('orca_threads_failed'));

  /** The threads of a task that mines with as many as it wants. */
  const wanted = async (): Promise<number> => {
    await start(ENOUGH);
    await eventually(miner);
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    const { length } = readdirSync(`/proc/${task.pid}/task`);
    task.kill('SIGKILL');
    await task.exit;
    return length;
  };

  it('mines with those it gets, and with all when the limit is lifted', async () => {
    await start((await wanted()) - 2);
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    await eventually(async () => (await threadsUp()) === THREADS - 2);
    expect(await miner()).to.equal(true);
    await task.logged(`mining with ${THREADS - 2} of ${THREADS} threads`);
    lift();
    await eventually(async () => (await threadsUp()) === THREADS);
    await task.logged(`mining with ${THREADS} of ${THREADS} threads`);
    expect(task.timesLogged('mining thread failed: ')).to.equal(1);
  });

  it('lives on without any, says so in /healthz, and mines when the limit is lifted', async () => {
    await start((await wanted()) - THREADS);
    task.send('executeTask', ROUND);
    await eventually(async () => (await miner()) === false);
    await task.logged(`mining with 0 of ${THREADS} threads`);
    lift();
    await task.hasShares(ROUND);
    expect(await miner()).to.equal(true);
  });
});

/** An executable to run in place of Node: Node as that user, who then owns the directory. */
function asUser(directory: string, maxThreads: number): string {
  const file = path.join(directory, 'node');
  const before = `prlimit --nproc=${maxThreads}: setpriv ${AS_USER.join(' ')}`;
  const script = `#!/bin/sh\nexec ${before} ${JSON.stringify(process.execPath)} "$@"\n`;
  writeFileSync(file, script, { mode: 0o755 });
  if (process.getuid?.() === 0) chownSync(directory, USER, USER);
  return file;
}
