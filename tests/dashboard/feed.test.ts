import { expect } from 'chai';
import { STREAMS } from '../../src/dashboard/feed';
import type { Update } from '../../src/dashboard/update';
import { lanAddress } from '../../src/http/addresses';
import { reward } from '../fixtures/rewards';
import { seed } from '../fixtures/template';
import { until } from '../fixtures/until';
import { serveDashboard, TOKEN, type Served } from './served';

interface Event {
  id: string;
  update: Update;
}

class Stream {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private text = '';

  constructor(
    readonly response: Response,
    private readonly abort: AbortController,
  ) {
    this.reader = response.body!.getReader();
  }

  async next(): Promise<Event> {
    for (;;) {
      const match = /id: (\S+)\ndata: (.*)\n\n/.exec(this.text);
      if (match) {
        this.text = this.text.slice(match.index + match[0].length);
        return { id: match[1]!, update: JSON.parse(match[2]!) as Update };
      }
      const { value, done } = await this.reader.read();
      if (done) throw new Error('the stream ended');
      this.text += Buffer.from(value).toString();
    }
  }

  async close(): Promise<void> {
    this.abort.abort();
    await this.reader.cancel().catch(() => undefined);
  }
}

describe('the event stream of the dashboard', () => {
  let served: Served;
  let streams: Stream[];
  beforeEach(async () => {
    served = await serveDashboard({ host: '0.0.0.0' });
    streams = [];
  });
  afterEach(async () => {
    for (const stream of streams) await stream.close();
    await served.close();
  });

  async function open(
    headers: Record<string, string> = {},
    query = '',
    host = '127.0.0.1',
  ): Promise<Stream> {
    const abort = new AbortController();
    const response = await fetch(`http://${host}:${served.port}/dashboard/events${query}`, {
      headers,
      signal: abort.signal,
    });
    const stream = new Stream(response, abort);
    streams.push(stream);
    return stream;
  }

  it('begins with all there is, and goes on with what is new', async () => {
    const { node } = served;
    node.history.rewarded(reward(1, 5));
    const stream = await open();
    expect(stream.response.headers.get('content-type')).to.include('text/event-stream');
    const first = await stream.next();
    expect(first.update).to.include({ reset: true, controls: false });
    expect(first.update.status.k).to.equal(28);
    expect(first.update.status).to.include({ state: 'waiting', intensity: 10 });
    const { usage } = first.update.status;
    expect(usage.memoryBytes).to.be.greaterThan(10e6);
    expect(usage.uptimeS).to.be.greaterThan(0);
    expect(usage.cpuRatio).to.be.at.least(0);
    expect(first.update.rewards).to.have.length(1);

    node.history.rewarded(reward(2, 6));
    const second = await stream.next();
    expect(second.update).to.include({ reset: false });
    expect(second.update).not.to.have.property('about');
    expect(second.update.rewards.map(({ round }) => round)).to.deep.equal([2]);
    // There is an event each second even without news.
    expect((await stream.next()).update.rewards).to.deep.equal([]);
  });

  it('tells the round, its shares and why other backends are not used', async () => {
    const { miner, history } = served.node;
    const mining = miner.mine(4, seed, Infinity);
    const stream = await open();
    let found = 0;
    let last: Update;
    do {
      last = (await stream.next()).update;
      found += last.finds.length;
    } while (found === 0);
    expect(last.status.round).to.include({ number: 4, closed: false, isMined: true });
    served.node.governor.pause();
    expect((await stream.next()).update.status.round).to.include({ isMined: true });
    expect(last.status.round!.shares).to.be.greaterThan(0);
    expect(last.status.round!.relativeError).to.be.within(0.1, 1);
    expect(last.status.backends).to.deep.include({ name: 'js', threads: 1, reason: '' });
    expect(last.status.backends.find(({ name }) => name === 'wasm-simd')!.reason).to.equal(
      'MINING_BACKEND asks for js',
    );
    expect(history.finds.round).to.equal(4);
    await miner.pause();
    await mining;
    do last = (await stream.next()).update;
    while (last.status.round!.isMined);
  });

  it('resumes after the last event a page knows, by header or query', async () => {
    const { history } = served.node;
    history.rewarded(reward(1, 5));
    const first = await open();
    const { id } = await first.next();
    await first.close();
    history.rewarded(reward(2, 6));
    for (const stream of [await open({ 'last-event-id': id }), await open({}, `?last=${id}`)]) {
      const { update } = await stream.next();
      expect(update.reset).to.equal(false);
      expect(update.rewards.map(({ round }) => round)).to.deep.equal([2]);
    }
  });

  it('starts afresh for a page that knows another process, or makes up an id', async () => {
    const ids = ['0123456789ab-1-1-1-1-1-1', 'x', `${'9'.repeat(12)}-1`, '-----'];
    for (const id of ids) {
      const { update } = await (await open({ 'last-event-id': id })).next();
      expect(update.reset, id).to.equal(true);
    }
  });

  it('starts afresh when what it told is so no more, as after a reset of the network, of the same process', async () => {
    const { history } = served.node;
    history.rewarded(reward(39, 5));
    history.rewarded(reward(40, 5));
    const stream = await open();
    const first = await stream.next();
    history.forgetRounds(3);
    history.rewarded(reward(1, 6));
    const told = [
      (await stream.next()).update,
      (await (await open({ 'last-event-id': first.id })).next()).update,
    ];
    for (const update of told) {
      expect(update.reset).to.equal(true);
      // Only another process would send it.
      expect(update).not.to.have.property('about');
      expect(update.rewards.map(({ round }) => round)).to.deep.equal([1]);
    }
    expect((await stream.next()).update).to.deep.include({ reset: false, rewards: [] });
  });

  it('tells who asks for the head alone what there is, and waits for nothing', async () => {
    const response = await fetch(`${served.url}/dashboard/events`, { method: 'HEAD' });
    expect(response.status).to.equal(200);
    expect(response.headers.get('content-type')).to.include('text/event-stream');
  });

  it('tells that it may use the controls to who has their token, on this machine', async () => {
    const tokens: [Record<string, string>, boolean][] = [
      [{ cookie: `orca-control-${served.port}=${TOKEN}` }, true],
      [{ authorization: `Bearer ${TOKEN}` }, true],
      [{ cookie: `orca-control-${served.port}=${'0'.repeat(32)}` }, false],
      [{ cookie: `orca-control-${served.port}=${TOKEN}`, 'x-forwarded-for': '10.0.0.1' }, false],
    ];
    for (const [headers, controls] of tokens) {
      expect((await (await open(headers)).next()).update).to.include({ controls });
    }
  });

  const forLoopback = STREAMS.all - STREAMS.each;
  const openAll = (count: number, host: string): Promise<Stream[]> =>
    Promise.all(Array.from({ length: count }, () => open({}, '', host)));
  const opened = (of: Stream[]): number => of.filter(({ response }) => response.ok).length;

  it('has room for so many pages, and again when one leaves', async () => {
    const all = await openAll(forLoopback, '127.0.0.1');
    expect(opened(all)).to.equal(forLoopback);
    const refused = await fetch(`${served.url}/dashboard/events`);
    expect(refused.status).to.equal(503);
    expect(refused.headers.get('retry-after')).to.equal('10');
    await all[0]!.close();
    await until(async () => (await open()).response.ok);
  });

  it('has room for the owner though another address takes what it gets', async function () {
    const address = lanAddress();
    if (address === undefined) return this.skip(); // no network
    expect(opened(await openAll(20, address))).to.equal(STREAMS.each);
    expect(opened(await openAll(1, '127.0.0.1'))).to.equal(1);
  });

  it('is for its own page: any other would take the places', async () => {
    for (const headers of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
    ]) {
      for (let i = 0; i < STREAMS.all; i++) {
        const stream = await open(headers);
        expect(stream.response.status).to.equal(403);
      }
    }
    expect(opened([await open()])).to.equal(1);
  });
});
