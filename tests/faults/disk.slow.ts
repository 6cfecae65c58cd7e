import { execFileSync, spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { LoneTask } from '../fixtures/lone-task';
import { eventually } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;

/** A limit on file sizes makes every write fail, like a full disk, and needs no privileges. */
const canLimit = spawnSync('prlimit', ['--version']).status === 0;

interface Health {
  status: string;
  components: { miner: boolean; share_collection: boolean };
}

describeProcesses('fault: the disk is full', function () {
  this.timeout(60_000);
  let task: LoneTask;
  before(function () {
    if (!canLimit) this.skip(); // prlimit is part of util-linux
  });
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  const health = (): Promise<Health | undefined> => task.getAnyStatus<Health>('/healthz');
  const limitFiles = (soft: string): void =>
    void execFileSync('prlimit', ['--pid', String(task.pid), `--fsize=${soft}:unlimited`]);

  it('mines on in memory, says so in /healthz, and saves everything when there is room again', async () => {
    await task.start();
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    limitFiles('1');
    await eventually(async () => (await health())?.status === 'degraded');
    expect((await health())!.components).to.include({ miner: true, share_collection: false });
    const before = await task.hasShares(ROUND);
    const full = await eventually(async () => {
      const shares = await task.hasShares(ROUND);
      return shares > before && shares;
    });
    limitFiles('unlimited');
    await eventually(async () => (await health())?.status === 'healthy');
    task.kill('SIGKILL');
    await task.exit;

    await task.start();
    const after = await eventually(
      async () => (await task.get<{ valid_shares: number }>(`/task/${ROUND}`))?.valid_shares,
    );
    expect(after).to.be.at.least(full);
  });
});
