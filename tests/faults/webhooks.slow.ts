import { expect } from 'chai';
import { BUNDLE, LoneTask } from '../fixtures/lone-task';
import { node18 } from '../fixtures/node18';
import { eventually } from '../fixtures/until';
import { AUTH, TOPIC, WebhookServer } from '../fixtures/webhook-server';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;

// Runs the bundle on the oldest Node that it must run on.
describeProcesses('webhooks of a task', function () {
  this.timeout(120_000);
  let server: WebhookServer;
  let task: LoneTask;
  beforeEach(async () => {
    server = await WebhookServer.start();
    task = new LoneTask();
    const { getTaskState } = task.methods;
    const moved = { is_migrated: true, migrated_to: task.other.publicKey };
    Object.assign(task.methods, {
      getTaskState: async (...args: unknown[]) => ({
        ...((await getTaskState!(...args)) as object),
        ...moved,
      }),
    });
  });
  afterEach(async () => {
    await task.dispose();
    server.close();
  });

  const start = (): Promise<void> =>
    task.start(BUNDLE, { NOTIFY_URL: server.url }, { execPath: node18() });

  it('are told what the node shows, but not the address; once, over a restart too', async () => {
    await start();
    await eventually(() => server.received.length === 1 || undefined);
    await task.logged('the dashboard, with');
    await task.storedAsTold('newer task', 'webhook notices');
    task.kill('SIGKILL');
    await task.exit;
    await start();
    await eventually(() => task.timesLogged('the dashboard, with') === 2 || undefined);
    await eventually(() => task.timesLogged('a newer task takes') === 2 || undefined);
    const shown = task.callsOf('logger').map(([, message]) => message);
    expect(shown).to.include(server.messages[0]);
    expect(server.messages).to.have.length(1);
    expect(server.messages[0]).to.match(/^A newer task takes the place of this one/);
    for (const secret of [TOPIC, AUTH]) expect(task.log).not.to.include(secret);
  });

  it('that never answer delay nothing: neither mining, nor the node, nor the end', async () => {
    server.answer = () => undefined;
    await start();
    task.send('executeTask', ROUND);
    await eventually(() => server.received.length === 1 || undefined);
    await task.hasShares(ROUND);
    const proof = await task.proofAfter(ROUND);
    expect(task.verdictOn(proof, ROUND)).to.include({ valid: true });
    const stoppedAt = performance.now();
    task.kill('SIGTERM');
    expect(await task.exit).to.deep.equal({ code: 0, signal: null });
    expect(performance.now() - stoppedAt).to.be.lessThan(8_000);
  });
});
