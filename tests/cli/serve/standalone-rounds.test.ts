import { expect } from 'chai';
import { eventually } from '../../fixtures/network';
import { StandaloneNode, SUBMITTER, type Answer } from '../../fixtures/standalone';
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
      ...[409, 'conflict', message],
    ]);
  };
  const running = async (): Promise<number | undefined> =>
    (await node.ask('/task')).body.round_number;
  const restart = async (): Promise<void> => {
    await node.kill('SIGTERM');
    await node.run();
  };
  /** Starts the process again; each round then takes a second. */
  const restartBriefly = (): Promise<void> => {
    variables['MINING_SECONDS'] = '1';
    return restart();
  };
  const idle = (): Promise<true> =>
    eventually(async () => ((await running()) === undefined ? true : undefined));

  it('do not go back while one runs, even to one that would be stored in its place', async () => {
    await starts(2000);
    for (const round of [0, 1992, 1999]) {
      await refuses(round, `round 2000 is running: expected a later one, got ${round}`);
    }
    expect(await running()).to.equal(2000);
    // A newer one takes the place of an older.
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

  it('may go back when none runs, but to none whose place a newer one has', async () => {
    await starts(20);
    await starts(28);
    await restartBriefly();
    await idle();
    await starts(27);
    await idle();
    await refuses(20, 'round 28 is stored in the place of round 20: expected a later one there');
    await refuses(28, 'round 28 is over');
    // The one started last counts, not the highest.
    await refuses(1028, 'round 27 was started last: expected 1027 at most, got 1028');
    const { body } = await node.ask('/task/28');
    expect(body.round_number).to.equal(28);
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
