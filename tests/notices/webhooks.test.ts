import { expect } from 'chai';
import type { NoticeText } from '../../src/notices/notice';
import { Notices } from '../../src/notices/notices';
import { openWebhooks, tellAll, type Teller } from '../../src/notices/outlets';
import { Webhooks } from '../../src/notices/webhooks';
import { createLog } from '../../src/process/log';
import { MemoryStore } from '../fixtures/memory-store';
import { until } from '../fixtures/until';
import { AUTH, TOPIC, WebhookServer } from '../fixtures/webhook-server';
import { FakeNoticeClock, HOUR, MINUTE, NEW_TASK, STOPPED, WELL } from './fake-node';

const SELF = 'YMN9Qj5jPNp7j14VPcML1B6xGgcPWVZUGLFU3Mnyfaf';
const ALARM = { ...STOPPED, event: 'mining' } as const;

describe('Webhooks', () => {
  let servers: WebhookServer[];
  let clock: FakeNoticeClock;
  let logged: string[];
  let urls: string;
  let webhooks: Webhooks;
  beforeEach(async () => {
    servers = [await WebhookServer.start(), await WebhookServer.start()];
    clock = new FakeNoticeClock();
    logged = [];
    urls = servers.map(({ url }) => url).join();
    const log = { warn: (...words: unknown[]) => void logged.push(words.join()) };
    webhooks = new Webhooks({ urls: () => urls, self: SELF, log, clock });
  });
  afterEach(() => servers.forEach((server) => server.close()));

  const fail = (server: WebhookServer): void =>
    void (server.answer = (response) => response.writeHead(500).end());
  const take = (server: WebhookServer): void =>
    void (server.answer = (response) => response.writeHead(200).end());
  const received = (index: number, count: number): Promise<void> =>
    until(() => servers[index]!.received.length === count);
  /** Waits until an answer was read and what follows from it is done. */
  const retryDue = (): Promise<void> => until(() => clock.timers > 0);

  it('send a notice to each', async () => {
    webhooks.send(ALARM);
    await received(0, 1);
    await received(1, 1);
    for (const { messages } of servers) expect(messages).to.deep.equal([STOPPED.message]);
  });

  it('try again after 1, 4, 15 and 40 minutes, then give up; another goes on meanwhile', async () => {
    fail(servers[0]!);
    webhooks.send(ALARM);
    const minutes = [1, 4, 15, 40];
    for (const [i, wait] of minutes.entries()) {
      await received(0, i + 1);
      await retryDue();
      await clock.pass(wait * MINUTE - 1);
      expect(servers[0]!.received).to.have.length(i + 1);
      await clock.pass(1);
    }
    await until(() => logged.length === 5);
    webhooks.send({ ...ALARM, message: 'later' });
    await received(1, 2);
    await received(0, 6);
    expect(servers[0]!.messages.at(-1)).to.equal('later');
    expect(servers[1]!.messages).to.deep.equal([STOPPED.message, 'later']);
  });

  it('send what waits in its order once a webhook is back, at the next notice at the latest', async () => {
    fail(servers[0]!);
    webhooks.send({ ...ALARM, message: 'first' });
    await received(0, 1);
    await retryDue();
    take(servers[0]!);
    webhooks.send({ ...ALARM, message: 'second' });
    await received(0, 3);
    expect(servers[0]!.messages).to.deep.equal(['first', 'first', 'second']);
  });

  it('keep the newest twenty for a webhook that is down', async () => {
    fail(servers[0]!);
    for (let i = 0; i < 50; i++) webhooks.send({ ...ALARM, message: String(i) });
    await retryDue();
    const before = servers[0]!.received.length;
    take(servers[0]!);
    await clock.pass(MINUTE);
    await until(() => servers[0]!.messages.at(-1) === '49');
    expect(servers[0]!.messages.slice(before)).to.deep.equal(
      Array.from({ length: 20 }, (_, i) => String(30 + i)),
    );
  });

  it('send the next notice to where the setting says by then, and drop what waits for another', async () => {
    fail(servers[0]!);
    urls = servers[0]!.url;
    webhooks.send(ALARM);
    await retryDue();
    const before = servers[0]!.received.length;
    urls = servers[1]!.url;
    webhooks.send({ ...ALARM, message: 'next' });
    await received(1, 1);
    await clock.pass(HOUR);
    expect(servers[0]!.received).to.have.length(before);
    expect(servers[1]!.messages).to.deep.equal(['next']);
  });

  for (const [change, others] of [
    ['removed', []],
    ['replaced', [1]],
  ] as const) {
    it(`try no more to send what waits for a webhook that was ${change}, though no notice came since`, async () => {
      fail(servers[0]!);
      urls = servers[0]!.url;
      webhooks.send(ALARM);
      await retryDue();
      take(servers[0]!);
      urls = others.map((index) => servers[index]!.url).join();
      await clock.pass(MINUTE);
      expect(clock.timers).to.equal(0);
      // Were it sent by now, the second would come before the third.
      urls = servers[0]!.url;
      webhooks.send({ ...ALARM, message: 'set again' });
      await received(0, 2);
      expect(servers[0]!.messages).to.deep.equal([STOPPED.message, 'set again']);
      expect(servers[1]!.messages).to.deep.equal([]);
    });
  }

  it('send no more of what waits once a webhook was removed while it was slow to answer', async () => {
    const [server] = servers as [WebhookServer];
    urls = server.url;
    const answers: (() => void)[] = [];
    server.answer = (response) => answers.push(() => response.writeHead(500).end());
    webhooks.send({ ...ALARM, message: 'first' });
    webhooks.send({ ...ALARM, message: 'second' });
    await until(() => answers.length === 1);
    urls = '';
    answers[0]!();
    await until(() => logged.length === 1);
    await clock.pass(HOUR);
    expect(server.messages).to.deep.equal(['first']);
    expect(clock.timers).to.equal(0);
  });

  it('send nothing where none is set', async () => {
    urls = '';
    webhooks.send(ALARM);
    expect(await webhooks.test()).to.deep.equal([]);
    expect(clock.timers).to.equal(0);
  });

  it('log which failed by its host, once a minute', async () => {
    servers.forEach(fail);
    for (let i = 0; i < 5; i++) webhooks.send(ALARM);
    await until(() => clock.timers === 2);
    expect(logged).to.have.length(1);
    expect(logged[0]).to.match(
      /^a notice was not taken: 127\.0\.0\.1:\d+ answered with status 500/,
    );
    for (const secret of [TOPIC, AUTH]) expect(logged.join()).not.to.include(secret);
  });

  it('say of a test what became of it at each', async () => {
    fail(servers[1]!);
    const [first, second] = servers as [WebhookServer, WebhookServer];
    expect(await webhooks.test()).to.deep.equal([
      { host: first.host, taken: true, status: 204, reason: null },
      {
        host: second.host,
        taken: false,
        status: 500,
        reason: `${second.host} answered with status 500`,
      },
    ]);
    expect(first.received[0]!.body.event).to.equal('test');
  });
});

describe('the outlets of notices', () => {
  let server: WebhookServer;
  let store: MemoryStore;
  beforeEach(async () => {
    server = await WebhookServer.start();
    store = new MemoryStore();
  });
  afterEach(() => server.close());

  const log = createLog('silent');
  const open = async (): Promise<Teller> =>
    (await openWebhooks({ store, log, self: SELF, urls: () => server.url })).teller;

  it('are told each by itself: a node that shows nothing holds no webhook back', async () => {
    const shown = await Notices.open({ store, log, show: () => new Promise(() => undefined) });
    tellAll([shown, await open()]).alarm('mining', STOPPED);
    await until(() => server.received.length === 1);
    expect(server.messages).to.deep.equal([STOPPED.message]);
  });

  it('are told each by itself: a webhook that is down holds no notice of the node back', async () => {
    const told: NoticeText[] = [];
    const shown = await Notices.open({
      store,
      log,
      show: (notice) => Promise.resolve(void told.push(notice)),
    });
    server.answer = () => undefined;
    const outlets = tellAll([shown, await open()]);
    outlets.alarm('mining', STOPPED);
    outlets.well('mining', WELL);
    await until(() => told.length === 2);
    expect(told[1]!.message).to.match(/^Mining goes on again, after /);
  });

  it('keep their limits over a restart', async () => {
    (await open()).alarm('mining', STOPPED);
    await until(() => server.received.length === 1);
    await until(() => store.values.has('webhook notices'));
    const again = await open();
    again.alarm('mining', STOPPED);
    again.well('mining', WELL);
    again.alarm('mining', STOPPED);
    await until(() => server.received.length === 2);
    again.once('newer task', 'id', NEW_TASK);
    await until(() => server.received.length === 3);
    expect(server.messages[1]).to.match(/^Mining goes on again, after /);
    expect(server.messages[2]).to.equal(NEW_TASK.message);
  });

  it('send the address of the page, with its token, to no webhook', async () => {
    const outlet = await open();
    outlet.once('address', 'secret', { ...NEW_TASK, message: 'http://127.0.0.1/?token=secret' });
    outlet.once('newer task', 'id', NEW_TASK);
    await until(() => server.received.length === 1);
    expect(server.messages).to.deep.equal([NEW_TASK.message]);
  });
});
