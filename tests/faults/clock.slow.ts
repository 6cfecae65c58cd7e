import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { BUNDLE, LoneTask } from '../fixtures/lone-task';
import { eventually } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;
const HOUR_MS = 3_600_000;

/** The history sent to the page: times in ms since 1970, in their order. */
interface Shown {
  samples: number[];
  finds: number[];
}

describeProcesses('fault: the clock jumps by an hour, both ways', function () {
  this.timeout(120_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  const shares = async (): Promise<number> => {
    const answer = await task.get<{ valid_shares: number }>(`/task/${ROUND}`);
    return answer?.valid_shares ?? 0;
  };

  const movingBundle = (): string => {
    const executable = path.join(task.directory, 'main.js');
    const moving = path.join(__dirname, '../fixtures/moving-clock.js');
    writeFileSync(executable, readFileSync(moving, 'utf8') + readFileSync(BUNDLE, 'utf8'));
    return executable;
  };

  const shown = async (): Promise<Shown | undefined> => {
    const ending = new AbortController();
    const events = `http://127.0.0.1:${task.apiPort}/dashboard/events`;
    let text = '';
    try {
      const { body } = await fetch(events, { signal: ending.signal });
      for await (const chunk of body!) {
        text += Buffer.from(chunk as Uint8Array).toString();
        const data = /^data: (.*)\n\n/m.exec(text)?.[1];
        if (data === undefined) continue;
        const update = JSON.parse(data) as { samples: number[][]; finds: number[][] };
        return {
          samples: update.samples.map(([seconds]) => seconds! * 1000),
          finds: update.finds.map(([at]) => at!),
        };
      }
    } catch {
      return undefined;
    } finally {
      ending.abort();
    }
    return undefined;
  };

  /** When the newest shares came, as GET /audit says, newest first. */
  const shareTimes = async (): Promise<number[]> => {
    const audit = await task.get<{ recent_shares: { timestamp: string }[] }>('/audit?limit=500');
    return (audit?.recent_shares ?? []).map(({ timestamp }) => Date.parse(timestamp));
  };

  it('is not noticed by the round, which ends by the chain, nor by the shares, which all count', async () => {
    await task.start(movingBundle());
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    for (let jumps = 1; jumps <= 3; jumps++) {
      task.kill('SIGUSR2');
      await eventually(() => task.timesLogged('the clock moved') === jumps);
      const before = await shares();
      await eventually(async () => (await shares()) > before);
    }
    expect(task.log).to.not.include('mined round');
    const health = await task.get<{ status: string; uptime: number }>('/healthz');
    expect(health).to.include({ status: 'healthy' });
    expect(health!.uptime).to.be.lessThan(60);

    // A restart under another clock finds every share: they are identified by their order, not by time.
    const before = await shares();
    task.kill('SIGTERM');
    await task.exit;
    await task.start();
    expect(await eventually(async () => (await shares()) || undefined)).to.be.at.least(before);
    expect(task.verdictOn(await task.proofAfter(ROUND), ROUND)).to.include({ valid: true });
  });

  it('has the charts and new shares go on when it is set right after an hour ahead, after a kill too', async () => {
    const executable = movingBundle();
    await task.start(executable, { CLOCK_AHEAD_MS: String(HOUR_MS) });
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
    // Of this hour, not of that ahead, however long the test takes on a busy machine.
    const isNow = (time = 0): boolean => Math.abs(time - Date.now()) < HOUR_MS / 6;
    /** The newest samples, once there are more than a number of them from this hour. */
    const goOn = (more: number): Promise<number[]> =>
      eventually(async () => {
        const { samples = [] } = (await shown()) ?? {};
        return samples.filter(isNow).length > more && isNow(samples.at(-1)) ? samples : undefined;
      });
    const expectRising = (times: readonly number[]): void => {
      expect(times).to.deep.equal([...new Set(times)].sort((a, b) => a - b));
    };

    // Enough of them that some are stored.
    await eventually(async () => ((await shown())?.samples.length ?? 0) > 18);
    expect(isNow((await shown())!.samples.at(-1)! - HOUR_MS)).to.equal(true);
    task.kill('SIGUSR2');
    await task.logged('the clock moved');
    const samples = await goOn(20);
    expectRising(samples);
    expect(samples.every(isNow)).to.equal(true);
    expect((await shown())!.finds.every((at) => at < Date.now() + 60_000)).to.equal(true);
    const times = await eventually(async () => {
      const of = await shareTimes();
      return isNow(of[0]) && of.length > 1 ? of : undefined;
    });
    // In the order they came, each with the clock's time at that moment.
    expect(isNow(times.at(-1)! - HOUR_MS)).to.equal(true);

    const before = await shares();
    task.kill('SIGKILL');
    await task.exit;
    await task.start();
    task.send('executeTask', ROUND);
    await eventually(async () => (await shares()) > before);
    expectRising(await goOn(5));
    expect(isNow((await shareTimes())[0])).to.equal(true);
    expect(task.verdictOn(await task.proofAfter(ROUND), ROUND)).to.include({ valid: true });
  });
});
