import { expect } from 'chai';
import { StratumClient, type Answer } from '../fixtures/stratum-client';
import { EASIEST, StratumTestNode } from '../fixtures/stratum-node';
import { until } from '../fixtures/until';

const ROUND = 5;

/** A line as the name of its method, or the id that it answers. */
function kindOf(line: string): unknown {
  const { id, method } = JSON.parse(line) as { id: unknown; method?: string };
  return method ?? id;
}

describe('a Stratum session', () => {
  let node: StratumTestNode;
  let client: StratumClient;
  before(async () => {
    node = await StratumTestNode.open();
    await node.begin(ROUND);
  });
  after(() => node.close());
  beforeEach(async () => (client = await StratumClient.connect(node.port)));
  afterEach(() => client.close());

  const refusal = async (method: string, params: unknown): Promise<unknown> => {
    const { result, error } = await client.request(method, params);
    expect(result).to.equal(null);
    return error;
  };

  it('answers in order, and sends nothing else before the answer to mining.authorize', async () => {
    client.send({ id: 1, method: 'mining.configure', params: [['version-rolling'], {}] });
    client.send({ id: 2, method: 'mining.subscribe', params: ['cpuminer/2.5.1'] });
    client.send({ id: 3, method: 'mining.extranonce.subscribe', params: [] });
    client.send({ id: 4, method: 'mining.suggest_difficulty', params: [0.001] });
    client.send({ id: 5, method: 'mining.authorize', params: ['rig1', 'x'] });
    await client.job();
    expect(client.lines.map(kindOf)).to.deep.equal([
      1,
      2,
      3,
      4,
      5,
      'mining.set_difficulty',
      'mining.notify',
    ]);
    const [job] = client.jobs;
    expect(job).to.include({ isClean: true, version: '20000000', difficulty: 0.001 });
    expect(job!.id).to.match(/^[0-9a-f]{8}$/);
  });

  it('begins once a worker is authorized and it is subscribed, whichever comes first', async () => {
    expect(await client.ask('mining.authorize', ['rig1', 'x'])).to.equal(true);
    expect(await client.ask('mining.ping', [])).to.equal('pong');
    expect(client.jobs).to.have.length(0);
    await client.subscribe('NerdMinerV2');
    // By the agent, which it knows only now.
    expect(await client.job()).to.include({ difficulty: 0.00015 });
    expect(client.lines.map(kindOf).slice(-3)).to.deep.equal([
      3,
      'mining.set_difficulty',
      'mining.notify',
    ]);
    expect(node.worker('rig1').agent).to.equal('NerdMinerV2');
  });

  it('gives the same answer to mining.subscribe each time', async () => {
    const answer = await client.ask('mining.subscribe', ['cgminer/4.11.1', 'an-old-session']);
    const [notifications, extranonce1, size] = answer as [string[][], string, number];
    expect(notifications.map(([method]) => method)).to.deep.equal([
      'mining.set_difficulty',
      'mining.notify',
    ]);
    expect(extranonce1).to.match(/^[0-9a-f]{2}$/);
    expect(size).to.equal(4);
    expect(await client.ask('mining.subscribe', [])).to.deep.equal(answer);
    expect(await client.ask('mining.subscribe', [null, { id: 1 }])).to.deep.equal(answer);
  });

  it('gives each connection an extranonce1 of its own while there are any', async () => {
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => StratumClient.connect(node.port)),
    );
    for (const each of clients) await each.subscribe('');
    expect(new Set(clients.map(({ extranonce1 }) => extranonce1)).size).to.equal(20);
    for (const each of clients) each.close();
  });

  it('answers with the id as it came, and not at all to what has none', async () => {
    const ids = [0, -1, 1.5, 2 ** 53, 'text', '', null, true, [1], { a: 1 }];
    for (const id of ids) {
      const answer = await client.request('mining.ping', [], id);
      expect(answer).to.deep.equal({ id, result: 'pong', error: null });
    }
    client.send({ method: 'mining.ping', params: [] });
    client.send({ id: 'last', method: 'mining.ping' });
    await until(() => client.lines.length > ids.length);
    expect(client.lines.map(kindOf).slice(ids.length)).to.deep.equal(['last']);
  });

  it('answers what little miners ask besides', async () => {
    expect(await client.ask('mining.extranonce.subscribe', [])).to.equal(true);
    expect(await client.ask('mining.get_transactions', ['00000001'])).to.deep.equal([]);
    expect(await client.ask('mining.ping', [])).to.equal('pong');
    expect(await client.ask('mining.suggest_difficulty', ['1000'])).to.equal(true);
    const target = (0xffffn << 192n).toString(16).padStart(64, '0');
    expect(await client.ask('mining.suggest_target', [target])).to.equal(true);
    expect(await client.ask('mining.configure', [[], {}])).to.deep.equal({});
  });

  it('refuses what it does not know or can not read, and goes on', async () => {
    const unsupported = [20, 'Not supported', null];
    for (const method of ['mining.unknown', '', 'client.show_message', 'toString', null, 7]) {
      expect(await refusal(method as string, [])).to.deep.equal(unsupported);
    }
    const expected = [20, 'difficulty: expected a number above 0', null];
    for (const wish of [0, -1, 'fast', null, {}, '1e999']) {
      expect(await refusal('mining.suggest_difficulty', [wish])).to.deep.equal(expected);
    }
    for (const wish of ['', '0'.repeat(64), 'f'.repeat(65), null]) {
      const [code, text] = (await refusal('mining.suggest_target', [wish])) as [number, string];
      expect(code).to.equal(20);
      expect(text).to.match(/^target: expected /);
    }
    for (const params of [[], [7], ['x'.repeat(257)], 'rig1', { name: 'rig1' }]) {
      expect(await refusal('mining.authorize', params)).to.deep.equal([
        20,
        'worker: expected a name of at most 256 characters',
        null,
      ]);
    }
    expect(await client.ask('mining.ping', [])).to.equal('pong');
  });

  it('starts at a suggestion made before, with and without an id, and is silent without one', async () => {
    client.send({ method: 'mining.suggest_difficulty', params: [1000] });
    const answer: Answer = await client.request('mining.suggest_difficulty', [2000], null);
    expect(answer).to.deep.equal({ id: null, result: true, error: null });
    await client.subscribe('ESP-Miner');
    await client.ask('mining.authorize', ['rig1', 'x']);
    expect(await client.job()).to.include({ difficulty: 2048 });
    expect(client.lines).to.have.length(5);
  });

  it('starts at least at the minimum difficulty of mining.configure', async () => {
    const wish = { 'minimum-difficulty.value': 65_536, 'version-rolling.mask': '00ffe00f' };
    const names = ['minimum-difficulty', 'version-rolling', 'subscribe-extranonce', 'other'];
    expect(await client.ask('mining.configure', [names, wish])).to.deep.equal({
      'minimum-difficulty': true,
      'version-rolling': true,
      'version-rolling.mask': '00ffe000',
      'subscribe-extranonce': true,
      other: false,
    });
    await client.subscribe('');
    await client.ask('mining.authorize', ['rig1', '']);
    expect(await client.job()).to.include({ difficulty: 65_536 });
  });

  it('takes up to 32 names, the first of which says what it mines at', async () => {
    await client.subscribe('cpuminer/2.5.1');
    for (let i = 0; i < 32; i++) {
      const password = i === 0 ? 'x,d=16' : 'd=32';
      expect(await client.ask('mining.authorize', [`proxy.${i}`, password])).to.equal(true);
    }
    expect(await client.ask('mining.authorize', ['proxy.0'])).to.equal(true);
    const error = [24, 'Unauthorized worker: at most 32 names a connection', null];
    expect(await refusal('mining.authorize', ['proxy.32', 'x'])).to.deep.equal(error);
    expect(await client.job()).to.include({ difficulty: 16 });
    expect(client.jobs).to.have.length(1);
    // The job is work for each of them.
    for (let i = 1; i < 32; i++) expect(node.worker(`proxy.${i}`)).to.include({ accepted: 0 });
  });

  it('shows names that do nothing, and none of this node’s own', async () => {
    await client.subscribe(`<b>\u0007${'a'.repeat(100)}`);
    for (const name of ['local', '', `\u001b[31m<script>`, `${'é'.repeat(70)}`]) {
      await client.ask('mining.authorize', [name, EASIEST]);
    }
    await client.job();
    const ids = ['local-miner', 'unnamed', '?[31m<script>', '?'.repeat(64)];
    for (const id of ids) {
      expect(node.worker(id).agent).to.equal(`<b>?${'a'.repeat(60)}`);
    }
    expect(node.door.workers.find('local')).to.equal(undefined);
  });
});

describe('a Stratum server with a password', () => {
  let node: StratumTestNode;
  before(async () => {
    node = await StratumTestNode.open({ config: { STRATUM_PASSWORD: 'open sesame' } });
    await node.begin(ROUND);
  });
  after(() => node.close());

  it('lets in who has it among the items of theirs, and nobody else', async () => {
    const client = await StratumClient.connect(node.port);
    await client.subscribe('cpuminer/2.5.1');
    for (const password of ['', 'x', 'open', 'open sesame!', 'd=16', undefined]) {
      const { error } = await client.request('mining.authorize', ['rig1', password]);
      expect(error).to.deep.equal([24, 'Unauthorized worker: wrong password', null]);
    }
    expect(client.jobs).to.have.length(0);
    expect(node.door.workers.size).to.equal(0);
    expect(await client.ask('mining.authorize', ['rig1', 'd=16, open sesame'])).to.equal(true);
    expect(await client.job()).to.include({ difficulty: 16 });
    client.close();
  });
});
