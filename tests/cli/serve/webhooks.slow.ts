import { expect } from 'chai';
import { StandaloneNode } from '../../fixtures/standalone';
import { AUTH, TOPIC, WebhookServer } from '../../fixtures/webhook-server';
import { describeProcesses } from '../../runner/describe-processes';

describeProcesses('webhooks of npm run serve', function () {
  this.timeout(60_000);
  let server: WebhookServer;
  let node: StandaloneNode | undefined;
  beforeEach(async () => (server = await WebhookServer.start()));
  afterEach(async () => {
    await node?.dispose();
    server.close();
  });

  it('get the test that its owner asks for, and the log has no secret of theirs', async () => {
    node = await StandaloneNode.start({ NOTIFY_URL: server.url });
    const headers = node.ownersHeaders;
    const { status } = await node.ask('/settings/notify-test', { method: 'POST', headers });
    expect(status).to.equal(200);
    expect(server.received[0]!.body.event).to.equal('test');
    for (const secret of [TOPIC, AUTH]) expect(node.output()).not.to.include(secret);
  });
});
