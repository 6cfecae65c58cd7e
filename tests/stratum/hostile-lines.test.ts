import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import { attackedNode, codeOf, expectClosed, PING } from '../fixtures/hostile-miners';
import { until } from '../fixtures/until';

describe('hostile miners', function () {
  this.timeout(60_000);
  const attacked = attackedNode();

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
        const made = await attacked.peer();
        made.send(bytes);
        await expectClosed(made);
        expect(made.answers, what).to.deep.equal([]);
      }
    });

    it('closes one that is mining, and no other', async () => {
      const [first, second] = [await attacked.miner(), await attacked.miner()];
      first.send('{}}\n');
      await expectClosed(first);
      expect((await second.ask(PING))[0]).to.include({ result: 'pong' });
    });

    it('closes, if TLS is meant, without a fault', async () => {
      const socket = connectTls({ port: attacked.node.port, rejectUnauthorized: false });
      const failed = once(socket, 'error');
      // Its first message may hold no line end: then it is no subscription in time.
      attacked.node.jump(16_000);
      await failed;
      expect(attacked.node.logged('fault')).to.deep.equal([]);
    });

    it('but empty lines are passed over', async () => {
      const made = await attacked.peer();
      made.send('\n\r\n   \n\n');
      expect((await made.ask(PING))[0]).to.include({ result: 'pong' });
    });

    it('but bytes that are no UTF-8 are replaced within a name', async () => {
      const made = await attacked.peer();
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
      const made = await attacked.peer();
      made.send(`${pingOf(4_096)}\n`);
      expect((await made.answered(1))[0]).to.include({ result: 'pong' });
      made.send(`${pingOf(4_097)}\n`);
      await expectClosed(made);
      expect(made.answers).to.have.length(1);
    });

    it('are too long before they end', async () => {
      const made = await attacked.peer();
      made.send('x'.repeat(4_097));
      await expectClosed(made);
      const slow = await attacked.peer();
      for (let sent = 0; sent < 5_000 && !slow.isClosed; sent += 100) {
        slow.send(pingOf(5_000).slice(sent, sent + 100));
        await new Promise(setImmediate);
      }
      await expectClosed(slow);
    });

    it('of megabytes close before they are taken in', async () => {
      const made = await attacked.peer();
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
      const made = await attacked.peer();
      for (const byte of Buffer.from(`${JSON.stringify({ ...PING, id: 'é😀' })}\n`)) {
        made.send(Buffer.of(byte));
        await new Promise(setImmediate);
      }
      expect(await made.answered(1)).to.deep.equal([{ id: 'é😀', result: 'pong', error: null }]);
    });

    it('that come a thousand at once are all answered in order', async () => {
      const made = await attacked.peer();
      const messages = Array.from({ length: 1_000 }, (_, id) => ({ ...PING, id }));
      const answers = await made.ask(...messages);
      expect(answers.map(({ id }) => id)).to.deep.equal(messages.map(({ id }) => id));
    });

    it('that drip are waited for 15 s without a subscription, and ten minutes with one', async () => {
      const earlier = await attacked.peer();
      attacked.node.jump(5_000);
      const [silent, dripping] = [await attacked.peer(), await attacked.peer()];
      const subscribed = await attacked.miner();
      dripping.send('{"id":1,"method":"mining.');
      subscribed.send('{"id":1,"method":"mining.');
      attacked.node.jump(10_000);
      await expectClosed(earlier);
      // It looks at all in one go, so it has let be these three and the honest miner.
      await until(() => attacked.node.server.size === 4);
      expect([silent, dripping].map(({ isClosed }) => isClosed)).to.deep.equal([false, false]);
      dripping.send('s');
      attacked.node.jump(5_000);
      await Promise.all([expectClosed(silent), expectClosed(dripping)]);
      expect(subscribed.isClosed).to.equal(false);
      subscribed.send('p');
      // The honest miner is heard meanwhile.
      attacked.node.jump(300_000);
      expect(await attacked.mineOne()).to.equal(true);
      expect(subscribed.isClosed).to.equal(false);
      subscribed.send('i');
      attacked.node.jump(300_000);
      await expectClosed(subscribed);
    });
  });

  it('that read nothing are dropped', async () => {
    const made = await attacked.miner();
    made.socket.pause();
    const message = { ...PING, id: 'x'.repeat(4_000) };
    let sent = 0;
    // What the system keeps for both ends comes first.
    while (!made.isClosed && sent++ < 20_000) {
      made.tell(message);
      if (sent % 100 === 0) await new Promise(setImmediate);
    }
    await until(() => attacked.node.server.size === 1);
    expect(sent).to.be.below(20_000);
  });

  it('get back their ids as they sent them', async () => {
    const made = await attacked.peer();
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
    const answers = await made.ask(...ids.map((id) => ({ ...PING, id })));
    expect(answers.map(({ id }) => id)).to.deep.equal(ids);
    const nested = `${'['.repeat(1_500)}${']'.repeat(1_500)}`;
    made.send(`{"id":${nested},"method":"mining.ping"}\n`);
    await made.answered(ids.length + 1);
    // Without an id it is a notification.
    made.tell({ method: 'mining.ping' });
    expect(await made.ask(PING)).to.deep.equal([{ id: PING.id, result: 'pong', error: null }]);
  });

  it('are told "Not supported" whatever else they ask for', async () => {
    const made = await attacked.peer();
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
    const made = await attacked.peer();
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
    const made = await attacked.peer();
    made.tell({ id: 1, result: true, error: null }, { id: null, result: null }, { error: [20] });
    expect(await made.ask(PING)).to.have.length(1);
  });
});
