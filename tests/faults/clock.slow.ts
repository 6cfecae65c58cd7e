import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { BUNDLE, LoneTask } from '../fixtures/lone-task';
import { eventually } from '../fixtures/network';

const ROUND = 10;

describe('fault: the clock jumps by an hour, both ways', function () {
  this.timeout(60_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  const shares = async (): Promise<number> => {
    const answer = await task.get<{ valid_shares: number }>(`/task/${ROUND}`);
    return answer?.valid_shares ?? 0;
  };

  it('is not noticed by the round, which ends by the chain, nor by the shares, which all count', async () => {
    const executable = path.join(task.directory, 'main.js');
    const moving = path.join(__dirname, '../fixtures/moving-clock.js');
    writeFileSync(executable, readFileSync(moving, 'utf8') + readFileSync(BUNDLE, 'utf8'));
    await task.start(executable);
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    for (let jumps = 1; jumps <= 3; jumps++) {
      task.kill('SIGUSR2');
      await eventually(() => (task.timesLogged('the clock moved') === jumps ? true : undefined));
      const before = await shares();
      await eventually(async () => ((await shares()) > before ? true : undefined));
    }
    expect(task.log).to.not.include('mined round');
    const health = await task.get<{ status: string; uptime: number }>('/healthz');
    expect(health).to.include({ status: 'healthy' });
    expect(health!.uptime).to.be.lessThan(60);

    // A restart by another clock finds every share: they are told apart by their order, not by the hour.
    const before = await shares();
    task.kill('SIGTERM');
    await task.exit;
    await task.start();
    expect(await eventually(async () => (await shares()) || undefined)).to.be.at.least(before);
    expect(task.verdictOn(await task.proofAfter(ROUND), ROUND)).to.include({ valid: true });
  });
});
