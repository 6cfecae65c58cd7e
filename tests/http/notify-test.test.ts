import { expect } from 'chai';
import { serveDashboard, TOKEN, type Served } from '../dashboard/served';
import { expectDocumented } from '../fixtures/openapi';
import { AUTH, TOPIC, WebhookServer } from '../fixtures/webhook-server';

const PATH = '/settings/notify-test';

describe('POST /settings/notify-test', () => {
  let server: WebhookServer;
  let served: Served;
  beforeEach(async () => {
    server = await WebhookServer.start();
    served = await serveDashboard({ env: { NOTIFY_URL: server.url } });
  });
  afterEach(async () => {
    await served.close();
    server.close();
  });

  async function ask(token = TOKEN): Promise<{ status: number; headers: Headers; body: unknown }> {
    const response = await fetch(served.url + PATH, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'x-orca-control': '1' },
    });
    const { status, headers } = response;
    const answer = { status, headers, body: await response.json() };
    expectDocumented('POST', PATH, answer);
    return answer;
  }

  it('sends a test, and answers by the host what became of it: of the URL nothing else', async () => {
    const { status, body } = await ask();
    expect(status).to.equal(200);
    expect(body).to.deep.equal({
      results: [{ host: server.host, taken: true, status: 204, reason: null }],
    });
    expect(server.messages).to.have.length(1);
    for (const secret of [TOPIC, AUTH]) expect(JSON.stringify(body)).not.to.include(secret);
  });

  it('sends one in ten seconds', async () => {
    await ask();
    const { status, headers } = await ask();
    expect(status).to.equal(429);
    expect(Number(headers.get('retry-after'))).to.be.within(1, 10);
    expect(server.received).to.have.length(1);
  });

  it('is for who has the token', async () => {
    expect((await ask('0'.repeat(32))).status).to.equal(403);
    expect(server.received).to.deep.equal([]);
  });

  it('is refused where none is set, and allowed as soon as one is', async () => {
    await served.close();
    served = await serveDashboard();
    expect((await ask()).status).to.equal(409);
    await served.node.settings.change({ NOTIFY_URL: server.url });
    expect((await ask()).status).to.equal(200);
    expect(server.received).to.have.length(1);
  });
});
