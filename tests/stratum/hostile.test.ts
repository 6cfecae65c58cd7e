import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import { MemoryStore } from '../fixtures/memory-store';
import { StratumClient, type Answer, type Found } from '../fixtures/stratum-client';
import { EASIEST, StratumTestNode } from '../fixtures/stratum-node';
import { until } from '../fixtures/until';

const ROUND = 5;
const PASSWORD = 'open sesame';

/** A socket that sends what it likes. */
class Peer {
  /** All that came. */
  text = '';
  isClosed = false;

  private constructor(readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => (this.text += text));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.isClosed = true));
  }

  static async connect(port: number): Promise<Peer> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const peer = new Peer(socket);
    await once(socket, 'connect');
    return peer;
  }

  send(text: string | Uint8Array): void {
    this.socket.write(text);
  }

  /** Sends lines. */
  tell(...messages: unknown[]): void {
    this.send(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
  }

  /** The answers that came, without what came unasked. */
  get answers(): Answer[] {
    return this.text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Answer & { method?: string })
      .filter(({ method }) => method === undefined);
  }

  /** Waits for so many answers. */
  async answered(count: number): Promise<Answer[]> {
    await until(() => {
      if (this.isClosed) throw new Error('the connection was closed');
      return this.answers.length >= count;
    });
    return this.answers;
  }

  /** Sends lines and waits for their answers. */
  async ask(...messages: unknown[]): Promise<Answer[]> {
    const before = this.answers.length;
    this.tell(...messages);
    return (await this.answered(before + messages.length)).slice(before);
  }
}

async function expectClosed(peer: Peer): Promise<void> {
  await until(() => peer.isClosed);
}

const codeOf = ({ error }: Answer): number | undefined => error?.[0];
const ping = { id: 'still there?', method: 'mining.ping', params: [] };

describe('hostile miners', function () {
  this.timeout(60_000);
  let node: StratumTestNode;
  let honest: StratumClient;
  /** Found and not yet handed in. */
  let found: Found[];
  /** Values of extranonce2 that the honest miner has searched. */
  let searched: number;
  let peers: (Peer | StratumClient)[];

  before(async () => {
    node = await StratumTestNode.open();
    await node.begin(ROUND);
    honest = await node.rolling('honest');
    [found, searched] = [[], 0];
  });
  after(async () => {
    honest.close();
    await node.close();
  });
  beforeEach(() => (peers = []));
  afterEach(async () => {
    for (const peer of peers) {
      if (peer instanceof Peer) peer.socket.destroy();
      else peer.close();
    }
    await until(() => node.server.size === 1);
    expect(await mineOne()).to.equal(true);
  });

  /** The honest miner hands in a share that it found. */
  async function mineOne(): Promise<true | [number, string]> {
    if (found.length === 0) {
      // The kernel finds about so many at a time.
      found = honest.mine(await honest.job(), 4, { from: searched, rollsVersion: true });
      searched += found.length;
    }
    const { job, ...rolled } = found.pop()!;
    return honest.submit('honest', job, rolled);
  }

  async function peer(): Promise<Peer> {
    const made = await Peer.connect(node.port);
    peers.push(made);
    return made;
  }

  /** A connection that has subscribed and been authorized under a name. */
  async function miner(name = 'mallory', password = EASIEST): Promise<Peer> {
    const made = await peer();
    const answers = await made.ask(
      { id: 1, method: 'mining.subscribe', params: [] },
      { id: 2, method: 'mining.authorize', params: [name, password] },
    );
    expect(answers.map(({ error }) => error)).to.deep.equal([null, null]);
    return made;
  }

  async function client(name: string): Promise<StratumClient> {
    const made = await node.rolling(name);
    peers.push(made);
    return made;
  }

  /** A right share of a client's newest job. */
  async function shareOf(of: StratumClient): Promise<Found> {
    return of.mine(await of.job(), 1, { rollsVersion: true })[0]!;
  }

  const submit = (params: unknown, id: unknown = 9): unknown => ({
    id,
    method: 'mining.submit',
    params,
  });

  describe('what is no Stratum', () => {
    const garbage: [string, string | Uint8Array][] = [
      ['bytes of any kind', Buffer.from([...Array(256).keys()])],
      ['zeros', Buffer.concat([Buffer.alloc(1000), Buffer.from('\n')])],
      ['an HTTP request', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
      ['an object that is cut off', '{"id":1,"method":"mining.subscribe"\n'],
      ['two objects on a line', '{"id":1} {"id":2}\n'],
      ['an array', '[1,2,3]\n'],
      ['a batch of JSON-RPC', '[{"id":1,"method":"mining.subscribe","params":[]}]\n'],
      ['null', 'null\n'],
      ['a number', '1e400\n'],
      ['a string', '"mining.subscribe"\n'],
      ['NaN', '{"id":NaN}\n'],
      ['a comment', '{"id":1} // one\n'],
      ['brackets in brackets', `${'['.repeat(2_000)}${']'.repeat(2_000)}\n`],
      ['brackets without an end', `${'['.repeat(4_096)}\n`],
      ['a control character in a string', '{"id":"\u0007"}\n'],
    ];
    it('closes the connection', async () => {
      for (const [what, bytes] of garbage) {
        const made = await peer();
        made.send(bytes);
        await expectClosed(made);
        expect(made.answers, what).to.deep.equal([]);
      }
    });

    it('closes one that is mining, and no other', async () => {
      const [first, second] = [await miner(), await miner()];
      first.send('{}}\n');
      await expectClosed(first);
      expect((await second.ask(ping))[0]).to.include({ result: 'pong' });
    });

    it('closes, if TLS is meant, without a fault', async () => {
      const socket = connectTls({ port: node.port, rejectUnauthorized: false });
      const failed = once(socket, 'error');
      // Its first message may hold no line end: then it is no subscription in time.
      node.jump(16_000);
      await failed;
      expect(node.logged('fault')).to.deep.equal([]);
    });

    it('but empty lines are passed over', async () => {
      const made = await peer();
      made.send('\n\r\n   \n\n');
      expect((await made.ask(ping))[0]).to.include({ result: 'pong' });
    });

    it('but bytes that are no UTF-8 are replaced within a name', async () => {
      const made = await peer();
      made.send(
        Buffer.from('{"id":1,"method":"mining.authorize","params":["\xff\xfe\xc0"]}\n', 'latin1'),
      );
      expect((await made.answered(1))[0]).to.include({ result: true });
    });
  });

  describe('lines', () => {
    /** A ping of so many bytes. */
    const pingOf = (bytes: number): string => {
      const [head, tail] = ['{"id":1,"method":"mining.ping","params":["', '"]}'];
      return head + 'x'.repeat(bytes - head.length - tail.length) + tail;
    };

    it('of 4,096 bytes are answered, one of 4,097 closes', async () => {
      const made = await peer();
      made.send(`${pingOf(4_096)}\n`);
      expect((await made.answered(1))[0]).to.include({ result: 'pong' });
      made.send(`${pingOf(4_097)}\n`);
      await expectClosed(made);
      expect(made.answers).to.have.length(1);
    });

    it('are too long before they end', async () => {
      const made = await peer();
      made.send('x'.repeat(4_097));
      await expectClosed(made);
      const slow = await peer();
      for (let sent = 0; sent < 5_000 && !slow.isClosed; sent += 100) {
        slow.send(pingOf(5_000).slice(sent, sent + 100));
        await new Promise(setImmediate);
      }
      await expectClosed(slow);
    });

    it('of megabytes close before they are taken in', async () => {
      const made = await peer();
      const before = process.memoryUsage().rss;
      const block = Buffer.alloc(1 << 20, 'x');
      for (let i = 0; i < 64 && !made.isClosed; i++) {
        made.send(block);
        await new Promise(setImmediate);
      }
      await expectClosed(made);
      expect(process.memoryUsage().rss - before).to.be.below(128e6);
    });

    it('come whole when they are sent byte by byte', async () => {
      const made = await peer();
      for (const byte of Buffer.from(`${JSON.stringify({ ...ping, id: 'é😀' })}\n`)) {
        made.send(Buffer.of(byte));
        await new Promise(setImmediate);
      }
      expect(await made.answered(1)).to.deep.equal([{ id: 'é😀', result: 'pong', error: null }]);
    });

    it('that come a thousand at once are all answered in order', async () => {
      const made = await peer();
      const messages = Array.from({ length: 1_000 }, (_, id) => ({ ...ping, id }));
      const answers = await made.ask(...messages);
      expect(answers.map(({ id }) => id)).to.deep.equal(messages.map(({ id }) => id));
    });

    it('that drip are waited for 15 s without a subscription, and ten minutes with one', async () => {
      const [silent, dripping, subscribed] = [await peer(), await peer(), await miner()];
      dripping.send('{"id":1,"method":"mining.');
      subscribed.send('{"id":1,"method":"mining.');
      node.jump(10_000);
      // It looks once a second.
      await sleep(1_200);
      expect([silent, dripping].map(({ isClosed }) => isClosed)).to.deep.equal([false, false]);
      dripping.send('s');
      node.jump(5_000);
      await Promise.all([expectClosed(silent), expectClosed(dripping)]);
      expect(subscribed.isClosed).to.equal(false);
      subscribed.send('p');
      // The honest miner is heard meanwhile.
      node.jump(300_000);
      expect(await mineOne()).to.equal(true);
      expect(subscribed.isClosed).to.equal(false);
      subscribed.send('i');
      node.jump(300_000);
      await expectClosed(subscribed);
    });
  });

  it('that read nothing are dropped', async () => {
    const made = await miner();
    made.socket.pause();
    const message = { ...ping, id: 'x'.repeat(4_000) };
    let sent = 0;
    // What the system keeps for both ends comes first.
    while (!made.isClosed && sent++ < 20_000) {
      made.tell(message);
      if (sent % 100 === 0) await new Promise(setImmediate);
    }
    await until(() => node.server.size === 1);
    expect(sent).to.be.below(20_000);
  });

  it('get back their ids as they sent them', async () => {
    const made = await peer();
    const ids = [
      ...[
        0,
        -1,
        1.5,
        1e21,
        2 ** 53,
        true,
        false,
        null,
        '',
        'a',
        'x'.repeat(3_000),
        '\u0000\u001b[2J',
      ],
      ...['<script>', '😀', '\ud800', [], {}, [1, [2, [3]]], { id: { id: [null] } }],
    ];
    const answers = await made.ask(...ids.map((id) => ({ ...ping, id })));
    expect(answers.map(({ id }) => id)).to.deep.equal(ids);
    const nested = `${'['.repeat(1_500)}${']'.repeat(1_500)}`;
    made.send(`{"id":${nested},"method":"mining.ping"}\n`);
    await made.answered(ids.length + 1);
    // Without an id it is a notification.
    made.tell({ method: 'mining.ping' });
    expect(await made.ask(ping)).to.deep.equal([{ id: ping.id, result: 'pong', error: null }]);
  });

  it('are told "Not supported" whatever else they ask for', async () => {
    const made = await peer();
    const methods = [
      ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'mining.Submit', 'mining'],
      ...[
        'mining.notify',
        'mining.set_difficulty',
        'client.reconnect',
        'eth_submitLogin',
        'x\u0000',
      ],
      ...[null, 1, ['mining.ping'], { toString: 1 }],
    ];
    const answers = await made.ask(...methods.map((method) => ({ id: 1, method, params: [] })));
    for (const answer of answers) {
      expect(answer).to.deep.equal({ id: 1, result: null, error: [20, 'Not supported', null] });
    }
  });

  it('can use a key twice, or any key: the last one counts, and nothing else changes', async () => {
    const made = await peer();
    made.send('{"id":1,"id":2,"method":"x","method":"mining.ping","params":1,"params":[]}\n');
    made.send('{"__proto__":{"method":"mining.submit"},"id":3,"method":"mining.ping"}\n');
    made.send('{"constructor":{"prototype":{"id":7}},"id":4,"method":"mining.ping","params":{}}\n');
    made.send(
      '{"id":[],"params":5,"method":"mining.ping","result":1,"error":{},"jsonrpc":"2.0"}\n',
    );
    expect((await made.answered(4)).map(({ id, result }) => [id, result])).to.deep.equal([
      [2, 'pong'],
      [3, 'pong'],
      [4, 'pong'],
      [[], 'pong'],
    ]);
    expect(({} as Record<string, unknown>)['method']).to.equal(undefined);
    // With id and params in each other's place it is asked for nothing.
    expect(codeOf((await made.ask({ id: [], method: 'mining.submit', params: 4 }))[0]!)).to.equal(
      25,
    );
  });

  it('can answer what they were never asked', async () => {
    const made = await peer();
    made.tell({ id: 1, result: true, error: null }, { id: null, result: null }, { error: [20] });
    expect(await made.ask(ping)).to.have.length(1);
  });

  describe('parameters of other types', () => {
    const others: [string, unknown][] = [
      ['an object', { 0: 'mallory', length: 6 }],
      ['a string', 'mallory'],
      ['null', null],
      ['none', undefined],
      ['a number', 7],
      ['an empty array', []],
      ['a thousand elements', Array(1_000).fill(0)],
      ['nested arrays', [[['mallory']], [[]], [], [], []]],
      ['objects', [{}, {}, {}, {}, {}, {}]],
      ['objects that turn into nothing', Array(6).fill({ toString: 1, valueOf: 1, toJSON: 1 })],
      ['nulls', [null, null, null, null, null]],
      ['numbers', [1, 2, 3, 4, 5]],
    ];
    const strict = [
      'mining.submit',
      'mining.authorize',
      'mining.suggest_difficulty',
      'mining.suggest_target',
    ];
    for (const method of [...strict, 'mining.subscribe', 'mining.configure']) {
      it(`of ${method} do no harm`, async () => {
        const made = await miner();
        const answers = await made.ask(...others.map(([, params]) => ({ id: 1, method, params })));
        for (const [i, { error, result }] of answers.entries()) {
          const [what] = others[i]!;
          if (error !== null) {
            expect(error[0], what).to.be.oneOf([20, 24]);
            expect(error[1], what).not.to.match(/could not|internal/i);
          } else if (method === 'mining.submit' || method === 'mining.authorize') {
            expect.fail(`${what}: ${JSON.stringify(result)}`);
          }
        }
      });
    }

    it('of mining.configure are refused one by one', async () => {
      const made = await peer();
      const names = [
        'version-rolling',
        'minimum-difficulty',
        'x',
        7,
        null,
        ['info'],
        'constructor',
      ];
      for (const options of [
        { 'version-rolling.mask': 'xyz', 'minimum-difficulty.value': 'NaN' },
        { 'version-rolling.mask': -1, 'minimum-difficulty.value': -1 },
        {
          'version-rolling.mask': { toString: 1 },
          'minimum-difficulty.value': { valueOf: 1, toString: 1 },
        },
        { 'version-rolling.mask': 'f'.repeat(3_000), 'minimum-difficulty.value': [[[]]] },
        [],
        'x',
        null,
      ]) {
        const [answer] = await made.ask({
          id: 1,
          method: 'mining.configure',
          params: [names, options],
        });
        expect(answer!.result).to.deep.equal({
          'version-rolling': true,
          'version-rolling.mask': '1fffe000',
          'minimum-difficulty': true,
          x: false,
          constructor: false,
        });
      }
      const many = Array.from({ length: 500 }, (_, i) => `e${i}`);
      expect(
        (await made.ask({ id: 1, method: 'mining.configure', params: [many] }))[0]!.error,
      ).to.equal(null);
    });
  });

  describe('numbers out of range', () => {
    /** The answer to a method with one parameter, given as JSON. */
    const answerTo = async (made: Peer, method: string, value: string): Promise<Answer> => {
      const before = made.answers.length;
      made.send(`{"id":1,"method":"${method}","params":[${value}]}\n`);
      return (await made.answered(before + 1)).at(-1)!;
    };

    it('are no difficulties', async () => {
      const made = await peer();
      const numbers = ['0', '-0', '-1', '1e400', '-1e400', 'null', 'true', '[5]', '{}'];
      const texts = ['NaN', 'Infinity', '-5', 'x1', '', '1e400', '1,5'].map((text) => `"${text}"`);
      for (const value of [...numbers, ...texts]) {
        const answer = await answerTo(made, 'mining.suggest_difficulty', value);
        expect(codeOf(answer), value).to.equal(20);
      }
    });

    it('are no targets', async () => {
      const made = await peer();
      const digits = ['0', 'f'.repeat(65), 'g'.repeat(64), '0'.repeat(64), '-1'];
      for (const value of [...digits.map((text) => `"${text}"`), '-1', 'null', '{}', '1e400']) {
        const answer = await answerTo(made, 'mining.suggest_target', value);
        expect(codeOf(answer), value).to.equal(20);
      }
    });

    it('are difficulties within bounds', async () => {
      const numbers = [
        '1e-300',
        '5e-324',
        '1e300',
        '1.7976931348623157e308',
        '"1e-300"',
        '"1e300"',
      ];
      for (const value of numbers) {
        const made = await peer();
        const answer = await answerTo(made, 'mining.suggest_difficulty', value);
        expect(answer.result, value).to.equal(true);
        await expectBounds(made, 'x');
      }
      for (const digits of ['f'.repeat(64), `${'0'.repeat(63)}1`]) {
        const made = await peer();
        const answer = await answerTo(made, 'mining.suggest_target', `"${digits}"`);
        expect(answer.result, digits).to.equal(true);
        await expectBounds(made, 'x');
      }
    });

    it('in a password are ignored or bounded', async () => {
      const items = ['d=0', 'd=-5', 'd=NaN', 'd=1e999', 'd=', 'd=1e-300', 'diff=1e300'];
      for (const password of [...items, `d=${'9'.repeat(3_000)}`, ','.repeat(3_000)]) {
        await expectBounds(await peer(), password);
      }
    });

    /** Subscribes, and expects a difficulty that every miner can read. */
    async function expectBounds(made: Peer, password: string): Promise<void> {
      made.tell(
        { id: 2, method: 'mining.subscribe', params: [] },
        { id: 3, method: 'mining.authorize', params: ['bounds', password] },
      );
      const line = await until(() => difficultyOf(made) !== undefined).then(() =>
        difficultyOf(made)!,
      );
      expect(line).to.be.within(2 ** -15, 2 ** 48);
    }

    const difficultyOf = (made: Peer): number | undefined => {
      const found = /"mining\.set_difficulty","params":\[([^\]]+)\]/.exec(made.text);
      return found ? Number(found[1]) : undefined;
    };

    it('in a submit are refused by name', async () => {
      const made = await client('numbers');
      const { job, extranonce2, time, nonce, versionBits } = await shareOf(made);
      const wrong: [unknown[], RegExp][] = [
        ...[
          '',
          '00',
          '000000',
          '0000000',
          '0000000000',
          '0'.repeat(16),
          '-0000001',
          '0x000000',
          'zzzzzzzz',
          'ＦＦＦＦＦＦＦＦ',
        ].map((value): [unknown[], RegExp] => [[value, time, nonce], /^extranonce2/]),
        ...['', '0', 'fffffffff', '-1', '1e9', ' 0000000'].map((value): [unknown[], RegExp] => [
          [extranonce2, value, nonce],
          /^time/,
        ]),
        ...['', 'fffffffff', '0'.repeat(16), '-1', '0x1', 'g'].map((value): [unknown[], RegExp] => [
          [extranonce2, time, value],
          /^nonce/,
        ]),
        ...['', '0', '1fffe0000', '-1fffe00', {}, 7].map((value): [unknown[], RegExp] => [
          [extranonce2, time, nonce, value],
          /^version bits/,
        ]),
        ...['ffffffff', '00000000', '7fffffff', '80000000'].map((value): [unknown[], RegExp] => [
          [extranonce2, value, nonce],
          /^Time out of range$/,
        ]),
        ...['ffffffff', '00000001', '20000000'].map((value): [unknown[], RegExp] => [
          [extranonce2, time, nonce, value],
          /^Version bits outside the mask$/,
        ]),
      ];
      for (const [rolled, message] of wrong) {
        const { error } = await made.request('mining.submit', ['numbers', job.id, ...rolled]);
        expect(error?.[0], JSON.stringify(rolled)).to.equal(20);
        expect(error?.[1], JSON.stringify(rolled)).to.match(message);
      }
      expect(
        await made.submit('numbers', job, { extranonce2, time, nonce, versionBits: versionBits! }),
      ).to.equal(true);
    });
  });

  describe('names', () => {
    const ids = (): string[] => node.door.workers.list(ROUND).map(({ id }) => id);

    it('are shown as printable text', async () => {
      const names = [
        ...['\u001b[2J\u001b]0;owned\u0007', '<script>alert(1)</script>', '"} 1\norca_fake{x="'],
        ...['../../etc/passwd', '__proto__', 'constructor', '', ' \t\r\n ', '😀😀', '\ud800 half'],
        ...['Ünïcödé', '\u202egnp.exe', 'n'.repeat(256), '\\', '"', '\u0000'],
      ];
      const made = await miner();
      for (const name of names) {
        const [answer] = await made.ask({ id: 1, method: 'mining.authorize', params: [name] });
        expect(answer!.result, name).to.equal(true);
        const [refused] = await made.ask(
          submit([name, 'ffffffff', '00000000', '00000000', '00000000']),
        );
        expect(codeOf(refused!), name).to.equal(21);
      }
      for (const id of ids()) expect(id).to.match(/^[\x20-\x7e]{1,64}$/);
      const shown = ['<script>alert(1)</script>', '__proto__', 'constructor', 'unnamed', '????'];
      expect(ids()).to.include.members([...shown, '?[2J?]0;owned?', 'n'.repeat(64)]);
    });

    it('of 257 characters are refused', async () => {
      const made = await peer();
      const [answer] = await made.ask({
        id: 1,
        method: 'mining.authorize',
        params: ['n'.repeat(257)],
      });
      expect(answer!.error).to.deep.equal([
        20,
        'worker: expected a name of at most 256 characters',
        null,
      ]);
      expect(
        codeOf((await miner().then((m) => m.ask(submit(['n'.repeat(257), '', '', '', '']))))[0]!),
      ).to.equal(20);
    });

    it("of this node's own threads are somebody else's", async () => {
      const made = await client('local');
      const { job, ...rolled } = await shareOf(made);
      expect(await made.submit('local', job, rolled)).to.equal(true);
      expect(ids()).to.include('local-miner').and.not.to.include('local');
    });

    it('are 32 a connection', async () => {
      const made = await miner('first');
      const names = Array.from({ length: 40 }, (_, i) => ({
        id: i,
        method: 'mining.authorize',
        params: [`name${i}`],
      }));
      const codes = (await made.ask(...names)).map(codeOf);
      expect(codes.filter((code) => code === undefined)).to.have.length(31);
      expect(codes.filter((code) => code === 24)).to.have.length(9);
      // One that it has can be authorized again.
      expect(
        (await made.ask({ id: 1, method: 'mining.authorize', params: ['first'] }))[0]!.result,
      ).to.equal(true);
    });

    it('that were not authorized are refused', async () => {
      const made = await client('me');
      const { job, ...rolled } = await shareOf(made);
      expect(await made.submit('you', job, rolled)).to.deep.equal([24, 'Unauthorized worker']);
      expect(await made.submit('me', job, rolled)).to.equal(true);
    });

    it('of miners that call themselves anything are as harmless', async () => {
      for (const agent of ['\u001b[2J', '<b>', 'x'.repeat(3_900), 7, null, ['cpuminer'], {}]) {
        const made = await peer();
        const answers = await made.ask(
          { id: 1, method: 'mining.subscribe', params: [agent] },
          { id: 2, method: 'mining.authorize', params: ['agent', 'x'] },
        );
        expect(answers.map(({ error }) => error)).to.deep.equal([null, null]);
        const { agent: shown } = node.door.workers.find('agent')!;
        expect(shown).to.match(/^[\x20-\x7e]{0,64}$/);
      }
    });
  });

  describe('shares', () => {
    it("of another connection's job are refused", async () => {
      const [owner, thief] = [await client('owner'), await client('thief')];
      const { job, ...rolled } = await shareOf(owner);
      expect(await thief.submit('thief', job, rolled)).to.deep.equal([21, 'Job not found']);
      // Nor do they fit the thief's own.
      const own = await thief.submit('thief', await thief.job(), rolled);
      expect(own).to.deep.equal([23, 'Low difficulty share']);
      expect(await owner.submit('owner', job, rolled)).to.equal(true);
    });

    it('of jobs that never were are refused', async () => {
      const made = await client('guess');
      const { job, ...rolled } = await shareOf(made);
      for (const id of [
        '',
        '0',
        'ffffffff',
        '__proto__',
        job.id.toUpperCase() + ' ',
        'x'.repeat(3_000),
        `0${job.id}`,
      ]) {
        expect(await made.submit('guess', { id }, rolled), id).to.deep.equal([21, 'Job not found']);
      }
      expect(await made.submit('guess', job, rolled)).to.equal(true);
    });

    it('count once, however they are written', async () => {
      const made = await client('again');
      const { job, ...rolled } = await shareOf(made);
      expect(await made.submit('again', job, rolled)).to.equal(true);
      const { extranonce2, time, nonce, versionBits } = rolled;
      const asWritten = [
        rolled,
        {
          extranonce2: extranonce2.toUpperCase(),
          time: time.toUpperCase(),
          nonce: nonce.toUpperCase(),
          versionBits: versionBits!.toUpperCase(),
        },
        { ...rolled, nonce: nonce.replace(/^0+(?=.)/, '') },
      ];
      for (const written of asWritten) {
        expect(await made.submit('again', job, written)).to.deep.equal([22, 'Duplicate share']);
      }
    });

    it('are unknown to the connection that comes after', async () => {
      const first = await client('back');
      const { job, ...rolled } = await shareOf(first);
      expect(await first.submit('back', job, rolled)).to.equal(true);
      first.close();
      const second = await client('back');
      expect(await second.submit('back', job, rolled)).to.deep.equal([21, 'Job not found']);
      expect((await second.job()).id).not.to.equal(job.id);
      expect((await second.submit('back', await second.job(), rolled)).valueOf()).to.deep.equal([
        23,
        'Low difficulty share',
      ]);
    });

    it('before a subscription are refused', async () => {
      const made = await peer();
      expect(
        codeOf((await made.ask(submit(['a', 'b', '00000000', '00000000', '00000000'])))[0]!),
      ).to.equal(25);
    });
  });

  describe('floods', () => {
    const junk = (name: string, id: unknown): unknown =>
      submit([name, 'ffffffff', '00000000', '00000000', '00000000'], id);

    it('of more than 2,000 submits a second are closed', async () => {
      const made = await miner();
      const startedAt = Date.now();
      let sent = 0;
      while (!made.isClosed && Date.now() - startedAt < 20_000) {
        made.tell(...Array.from({ length: 500 }, () => junk('mallory', sent++)));
        await new Promise(setImmediate);
      }
      await expectClosed(made);
    });

    it('of more than 200 a second have the difficulty rise', async () => {
      const made = await client('eager');
      const { difficulty, id } = await made.job();
      for (let i = 0; i < 600; i++) made.send(junk('eager', i));
      await until(() => made.lines.length > 600);
      const harder = until(() => made.jobs.at(-1)!.id !== id);
      // A difficulty comes at the soonest 5 s after a job.
      await sleep(1_200);
      node.jump(6_000);
      await harder;
      expect(made.jobs.at(-1)!.difficulty).to.be.above(100 * difficulty);
    });

    it('without ids are answered by nothing', async () => {
      const made = await miner();
      for (let i = 0; i < 1_000; i++)
        made.tell({ method: 'mining.submit', params: ['mallory', i] });
      expect(await made.ask(ping)).to.deep.equal([{ id: ping.id, result: 'pong', error: null }]);
    });
  });

  describe('where there is a password', () => {
    let guarded: StratumTestNode;
    before(async () => {
      guarded = await StratumTestNode.open({ config: { STRATUM_PASSWORD: PASSWORD } });
      await guarded.begin(ROUND);
    });
    after(() => guarded.close());

    it('guesses are refused, and nothing is mined without it', async () => {
      const made = await Peer.connect(guarded.port);
      peers.push(made);
      await made.ask({ id: 0, method: 'mining.subscribe', params: [] });
      for (const guess of [
        'open sesam',
        'open sesame!',
        'OPEN SESAME',
        'd=1',
        undefined,
        null,
        [PASSWORD],
      ]) {
        const [answer] = await made.ask({
          id: 1,
          method: 'mining.authorize',
          params: ['m', guess],
        });
        expect(answer!.error, JSON.stringify(guess)).to.deep.equal([
          24,
          'Unauthorized worker: wrong password',
          null,
        ]);
      }
      expect(made.text).not.to.include('"method"');
      expect(
        codeOf((await made.ask(submit(['m', '1', '00000000', '00000000', '00000000'])))[0]!),
      ).to.equal(24);
      const [right] = await made.ask({
        id: 1,
        method: 'mining.authorize',
        params: ['m', `d=1, ${PASSWORD} `],
      });
      expect(right!.result).to.equal(true);
    });

    it('ten wrong ones are answered, and then the connection is closed', async () => {
      const made = await Peer.connect(guarded.port);
      peers.push(made);
      const guess = (id: number): unknown => ({
        id,
        method: 'mining.authorize',
        params: ['m', id],
      });
      expect(
        (await made.ask(...Array.from({ length: 10 }, (_, id) => guess(id)))).map(codeOf),
      ).to.deep.equal(Array(10).fill(24));
      made.tell(guess(10));
      await expectClosed(made);
    });

    it('one line tries 16 at most', async () => {
      const made = await Peer.connect(guarded.port);
      peers.push(made);
      const items = [...Array(16).keys(), PASSWORD].join();
      const [late] = await made.ask({ id: 1, method: 'mining.authorize', params: ['m', items] });
      expect(codeOf(late!)).to.equal(24);
      const [right] = await made.ask({
        id: 1,
        method: 'mining.authorize',
        params: ['m', items.slice(2)],
      });
      expect(right!.result).to.equal(true);
    });
  });

  it('that come back all the time use up no one’s ground', async () => {
    const given = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const made = await StratumClient.connect(node.port);
      await made.subscribe('');
      given.add(made.extranonce1);
      made.close();
      await until(() => node.server.size === 1);
    }
    // An extranonce1 has ground for 256 jobs a round.
    expect(given.size).to.equal(20);
  });

  it('find nothing to replay after a restart', async () => {
    const store = new MemoryStore();
    let process = await StratumTestNode.open({ store });
    await process.begin(ROUND);
    const first = await process.rolling('replay');
    const { job, ...rolled } = await shareOf(first);
    expect(await first.submit('replay', job, rolled)).to.equal(true);
    await process.close();
    process = await StratumTestNode.open({ store });
    await process.begin(ROUND);
    const second = await process.rolling('replay');
    expect(await second.submit('replay', job, rolled)).to.deep.equal([21, 'Job not found']);
    const next = await second.job();
    expect(next.id).not.to.equal(job.id);
    expect(next.coinbase1 + second.extranonce1).not.to.equal(job.coinbase1 + first.extranonce1);
    expect(await second.submit('replay', next, rolled)).to.deep.equal([23, 'Low difficulty share']);
    await process.close();
  });
});
