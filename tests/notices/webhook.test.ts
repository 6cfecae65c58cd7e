import { expect } from 'chai';
import { post, webhookBody, WebhookError, type WebhookBody } from '../../src/notices/webhook';
import { parseWebhookUrls, type WebhookUrl } from '../../src/notices/webhook-url';
import { AUTH, TOPIC, WebhookServer } from '../fixtures/webhook-server';

const AT = Date.UTC(2026, 2, 4, 12);
const STOPPED = {
  event: 'mining',
  level: 'error',
  message: 'Mining has stopped.',
  action: 'Restart it',
} as const;

describe('a notice by webhook', () => {
  let server: WebhookServer;
  let webhook: WebhookUrl;
  beforeEach(async () => {
    server = await WebhookServer.start();
    [webhook] = parseWebhookUrls(server.url) as [WebhookUrl];
  });
  afterEach(() => server.close());

  const body = (message: string = STOPPED.message): WebhookBody =>
    webhookBody({ ...STOPPED, message }, 'YMN9…yfaf', AT);

  /** Why a body was not taken. */
  async function refusal(timeoutMs?: number): Promise<WebhookError> {
    const error: unknown = await post(webhook, body(), timeoutMs).catch((error: unknown) => error);
    expect(error).to.be.instanceOf(WebhookError);
    return error as WebhookError;
  }

  it('has the texts that Slack, Discord and ntfy show, and fields for programs', async () => {
    expect(await post(webhook, body())).to.equal(204);
    const [{ method, path, headers, body: got }] = server.received as [
      (typeof server.received)[number],
    ];
    expect([method, path]).to.deep.equal(['POST', `/hook/${TOPIC}?auth=${AUTH}`]);
    expect(headers).to.include({
      'content-type': 'application/json; charset=utf-8',
      'x-template': 'yes',
      'x-title': '{{.title}}',
      'x-message': '{{.message}}',
      'x-priority': 'high',
    });
    expect(got).to.deep.equal({
      text: 'Orca mining, node YMN9…yfaf: Mining has stopped.',
      content: 'Orca mining, node YMN9…yfaf: Mining has stopped.',
      allowed_mentions: { parse: [] },
      mrkdwn: false,
      title: 'Orca mining, node YMN9…yfaf',
      event: 'mining',
      level: 'error',
      message: 'Mining has stopped.',
      action: 'Restart it',
      node: 'YMN9…yfaf',
      at: '2026-03-04T12:00:00.000Z',
    });
  });

  it('means nothing to Slack and Discord but its words, whatever a worker is called', () => {
    const { text, content } = body('rig_1 *<!channel>* &amp; @everyone');
    expect(text).not.to.match(/[<>&]/);
    expect(content).to.include('rig\\_1 \\*‹!channel›\\*');
  });

  it('follows no redirect', async () => {
    const other = await WebhookServer.start();
    server.answer = (response) => response.writeHead(307, { Location: other.url }).end();
    const { message, status } = await refusal();
    expect(message).to.equal(`${server.host} answered with status 307`);
    expect(status).to.equal(307);
    expect(other.received).to.deep.equal([]);
    other.close();
  });

  it('is given up where the answer takes too long', async () => {
    server.answer = () => undefined;
    expect((await refusal(200)).message).to.equal(`${server.host} gave no answer in 0.2 s`);
  });

  it('reads nothing of an answer without an end', async () => {
    server.answer = (response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'.repeat(65_536)), 1);
      response.once('close', () => clearInterval(timer));
    };
    expect(await post(webhook, body())).to.equal(200);
  });

  for (const status of [400, 401, 404, 429, 500]) {
    it(`is not taken where the answer is ${status}`, async () => {
      server.answer = (response) => response.writeHead(status).end('no');
      expect((await refusal()).status).to.equal(status);
    });
  }

  it('is not taken where no request can be made of the URL, which is told by the host alone', async () => {
    webhook = { url: new URL(`http://me:100%@${server.host}/${TOPIC}`), name: server.host };
    const { message, status } = await refusal();
    expect(message).to.equal(`no request can be made of the URL of ${server.host}`);
    expect(status).to.equal(undefined);
  });

  it('is not taken where nothing listens, which is told by the host alone', async () => {
    const { host } = server;
    server.close();
    const { message, status } = await refusal();
    expect(message).to.equal(`${host} can't be reached (ECONNREFUSED)`);
    expect(status).to.equal(undefined);
  });
});
