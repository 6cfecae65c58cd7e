import { once } from 'node:events';
import { expect } from 'chai';
import { startProgram } from '../fixtures/standalone';
import { AUTH, TOPIC, WebhookServer } from '../fixtures/webhook-server';
import { describeProcesses } from '../runner/describe-processes';

describeProcesses('npm run notify', () => {
  let servers: WebhookServer[];
  beforeEach(async () => (servers = [await WebhookServer.start(), await WebhookServer.start()]));
  afterEach(() => servers.forEach((server) => server.close()));

  async function notify(
    args: string[],
    env: Record<string, string> = {},
  ): Promise<{ code: unknown; output: string }> {
    const child = startProgram('cli/notify.ts', args, env);
    const [code] = (await once(child, 'close')) as [unknown];
    return { code, output: child.output() };
  }

  it('says for each URL, by its host, whether a test message was taken', async () => {
    const [good, bad] = servers as [WebhookServer, WebhookServer];
    bad.answer = (response) => response.writeHead(404).end();
    const { code, output } = await notify(['--test', '--url', `${good.url},${bad.url}`]);
    expect(output).to.equal(
      `PASS ${good.host}: status 204\nFAIL ${bad.host}: ${bad.host} answered with status 404\n`,
    );
    expect(code).to.equal(1);
    expect(good.received[0]!.body).to.include({ event: 'test', node: 'test' });
  });

  it('takes NOTIFY_URL of the environment, and ends with 0 where all is well', async () => {
    const [{ url, host }] = servers as [WebhookServer];
    const { code, output } = await notify(['--test'], { NOTIFY_URL: url });
    expect(output).to.equal(`PASS ${host}: status 204\n`);
    expect(code).to.equal(0);
  });

  it('ends with 2 where it has no URL that it can use, and quotes none', async () => {
    const { code, output } = await notify([
      '--test',
      '--url',
      `http://example.org/${TOPIC}?${AUTH}`,
    ]);
    expect(code).to.equal(2);
    expect(output).to.match(/^error: URL of a webhook: expected https/);
    for (const secret of [TOPIC, AUTH]) expect(output).not.to.include(secret);
  });
});
