import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { GivenSubmissions, StandaloneRounds } from '../../../cli/serve/standalone-rounds';
import { createNode } from '../../../src/node';
import { createLog } from '../../../src/process/log';
import { Settings } from '../../../src/settings/settings';
import { MemoryStore } from '../../fixtures/memory-store';
import { StandaloneNode, SUBMITTER, type Answer } from '../../fixtures/standalone';
import { identity } from '../../fixtures/template';
import { until } from '../../fixtures/until';
import { describeProcesses } from '../../runner/describe-processes';

describeProcesses('the rounds of npm run serve', function () {
  this.timeout(60_000);
  const variables: Record<string, string> = {};
  let node: StandaloneNode;

  beforeEach(async () => {
    delete variables['MINING_SECONDS'];
    node = await StandaloneNode.start(variables);
  });
  afterEach(() => node.dispose());

  const start = (round: number, body = {}): Promise<Answer> => node.post(`/task/${round}`, body);
  const starts = async (round: number): Promise<void> =>
    void expect((await start(round)).status, `round ${round}`).to.equal(202);
  const refuses = async (round: number, message: string, body = {}): Promise<void> => {
    const { status, body: answer } = await start(round, body);
    expect([status, answer.error, (answer as { message?: string }).message]).to.deep.equal([
      409,
      'conflict',
      message,
    ]);
  };
  const running = async (): Promise<number | undefined> =>
    (await node.ask('/task')).body.round_number;
  const restart = async (): Promise<void> => {
    await node.kill('SIGTERM');
    await node.run();
  };
  /** Restarts the process, with rounds of one second. */
  const restartBriefly = (): Promise<void> => {
    variables['MINING_SECONDS'] = '1';
    return restart();
  };
  const idle = (): Promise<void> => until(async () => (await running()) === undefined);

  it('do not go back while one runs, even to one that would be stored in its place', async () => {
    await starts(2000);
    for (const round of [0, 1992, 1999]) {
      await refuses(round, `round 2000 is running: expected a later one, got ${round}`);
    }
    expect(await running()).to.equal(2000);
    // A newer round takes an older one's place.
    await starts(2008);
    await refuses(2000, 'round 2008 is running: expected a later one, got 2000');
    expect(await running()).to.equal(2008);
  });

  it('do not jump far above the last that was started, by this process or one before', async () => {
    await starts(50_000);
    const message = (got: number) =>
      `round 50000 was started last: expected 51000 at most, got ${got}`;
    for (const round of [51_001, 10 ** 9]) await refuses(round, message(round));
    expect(await running()).to.equal(50_000);
    await restart();
    await refuses(51_001, message(51_001));
    expect(await running()).to.equal(50_000);
    await starts(51_000);
  });

  describe('are not lost to a start of an earlier one', () => {
    const FAR = 'expected a later one, got 6';
    /** A round of one second may be over before its work is asked for: it is started again then. */
    const expectUsable = (): Promise<void> =>
      until(async () => {
        expect((await start(7)).status).to.be.oneOf([200, 202]);
        return (await node.ask('/task/7')).body.work !== undefined;
      });

    it('while they run, before and after a restart', async () => {
      await starts(7);
      await refuses(6, `round 7 is running: ${FAR}`);
      await restart();
      await refuses(6, `round 7 is running: ${FAR}`);
      await expectUsable();
    });

    it('while their owner pauses them', async () => {
      await starts(7);
      const { status } = await fetch(`${node.url}/dashboard/control`, {
        method: 'POST',
        headers: { ...node.ownersHeaders, 'content-type': 'application/json' },
        body: JSON.stringify({ action: 'pause' }),
      });
      expect(status).to.equal(200);
      await refuses(6, `round 7 is running: ${FAR}`);
      await expectUsable();
    });

    it('when their time is over, before and after a restart', async () => {
      await restartBriefly();
      await starts(7);
      await idle();
      await refuses(6, `round 7 was started last and is not over: ${FAR}`);
      await restart();
      await idle();
      await refuses(6, `round 7 was started last and is not over: ${FAR}`);
      await refuses(0, 'round 7 was started last and is not over: expected a later one, got 0');
      await expectUsable();
    });

    it('when their record is lost', async () => {
      await restartBriefly();
      await starts(7);
      await node.kill('SIGKILL');
      const [folder] = readdirSync(node.directory);
      rmSync(path.join(node.directory, folder!, encodeURIComponent('round:7')), { force: true });
      await node.run();
      await refuses(6, `round 7 was started last and is not over: ${FAR}`);
      await expectUsable();
    });
  });

  it('are not ended by a start that fails', async () => {
    const store = new MemoryStore();
    const given = new GivenSubmissions();
    const settings = Settings.of({ MINING_THREADS: '1', MINING_INTENSITY: '1' });
    const here = await createNode({
      settings,
      log: createLog('silent'),
      identity,
      store,
      chain: given,
      sdk: 'none',
      nodeCallFailures: new Map(),
    });
    const rounds = new StandaloneRounds(here, given, store);
    expect(await rounds.start(7, undefined)).to.equal('started');
    store.broken = true;
    const failed = await rounds.start(8, undefined).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(Error);
    expect([here.miner.miningRound, here.miner.lastRound?.closed]).to.deep.equal([7, false]);
    store.broken = false;
    expect(await rounds.start(7, undefined)).to.equal('running');
    expect(await rounds.start(8, undefined)).to.equal('started');
    // Even without a record of starts, a stored round isn't overwritten.
    const unknowing = new StandaloneRounds(here, given, store);
    await here.miner.pause();
    const over = await unknowing.start(0, undefined).catch((error: unknown) => error);
    expect(over).to.have.property(
      'message',
      'round 8 is stored in the place of round 0: expected a later one there',
    );
    await here.miner.pause();
    await here.engine.close();
    here.governor.close();
  });

  it('stay over once a later one was started, and keep their places', async () => {
    await starts(20);
    await starts(28);
    await restartBriefly();
    await refuses(20, 'round 28 is running: expected a later one, got 20');
    await idle();
    await starts(28);
    await starts(29);
    await refuses(28, 'round 29 is running: expected a later one, got 28');
    expect((await node.ask('/task/28')).body.round_number).to.equal(28);
  });

  it('keep the seed they were mined on, also when their time is over', async () => {
    await restartBriefly();
    await starts(4);
    await idle();
    const submissions = { [SUBMITTER]: 'EAAB' };
    await refuses(4, 'round 4 stands on the seed of other submissions', { submissions });
    await starts(4);
    expect(await running()).to.equal(4);
  });
});
