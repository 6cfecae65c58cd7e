import { expect } from 'chai';
import fc from 'fast-check';
import * as messages from '../../src/stratum/messages';
import { NoStratumError, readRequest, StratumError } from '../../src/stratum/messages';
import { testTemplate } from '../fixtures/template';

/** A line's one JSON value. */
function parsed(line: string): unknown {
  expect(line.indexOf('\n')).to.equal(line.length - 1);
  return JSON.parse(line);
}

describe("a miner's request", () => {
  it('gives its id back as it came, of whichever JSON type', () => {
    const deep = `${'['.repeat(1_900)}${']'.repeat(1_900)}`;
    const ids = ['0', '-7', '1.5', '9007199254740991', '"a\\n\\u2028b"', 'null', 'true', '[1,[2]]'];
    for (const id of [...ids, '{"__proto__":{"a":1}}', '{"toJSON":1}', '"\\ud800"', deep]) {
      const request = readRequest(`{"id":${id},"method":"mining.ping"}`)!;
      const line = messages.answerLine(request.id, 'pong');
      expect(parsed(line)).to.have.property('result', 'pong');
      expect(line).to.include(JSON.stringify(JSON.parse(id)));
      const refused = messages.errorLine(request.id, new StratumError(21, 'Job not found'));
      expect(JSON.stringify((parsed(refused) as { id: unknown }).id)).to.equal(
        JSON.stringify(JSON.parse(id)),
      );
    }
  });

  it('gives back any id in one line of JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (id, result) => {
        const request = readRequest(JSON.stringify({ id, method: 'mining.ping' }))!;
        const answer = parsed(messages.answerLine(request.id, result));
        expect(JSON.stringify(answer)).to.equal(JSON.stringify({ id, result, error: null }));
      }),
    );
  });

  it('without an id is a notification, with a null one it is answered', () => {
    expect(readRequest('{"method":"mining.ping"}')!.id).to.equal(undefined);
    expect(readRequest('{"method":"mining.ping","id":null}')!.id).to.equal(null);
  });

  it('may have unknown fields, and lack parameters', () => {
    const text =
      '{"jsonrpc":"2.0","id":1,"method":"mining.ping","__proto__":{"params":[1]},"x":{}}';
    expect(readRequest(text)).to.deep.equal({ id: 1, method: 'mining.ping', params: [] });
    for (const params of ['{}', '"x"', 'null', '5']) {
      expect(readRequest(`{"id":1,"method":"a","params":${params}}`)!.params).to.deep.equal([]);
    }
  });

  it('without a method that is text is one that nobody knows', () => {
    for (const text of ['{}', '{"id":1}', '{"method":5}', '{"method":null}', '{"method":["a"]}']) {
      expect(readRequest(text)).to.have.property('method', '');
    }
  });

  it('is told from an answer', () => {
    expect(readRequest('{"id":1,"result":true,"error":null}')).to.equal(undefined);
    expect(readRequest('{"id":1,"error":[20,"x",null]}')).to.equal(undefined);
    expect(readRequest('{"id":1,"method":"a","result":true}')).to.have.property('method', 'a');
  });

  it('is a JSON object, or no Stratum', () => {
    for (const text of [
      '',
      'GET / HTTP/1.1',
      '{',
      '{"id":1}{',
      '\u0016\u0003\u0001',
      'undefined',
    ]) {
      expect(() => readRequest(text), text).to.throw(NoStratumError, 'expected JSON');
    }
    for (const text of ['null', '5', '"x"', 'true', '[]', '[{"id":1,"method":"mining.ping"}]']) {
      expect(() => readRequest(text), text).to.throw(NoStratumError, 'expected a JSON object');
    }
  });

  it('that is no Stratum never brings up another error', () => {
    const text = fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary-ascii' }));
    fc.assert(
      fc.property(text, (line) => {
        try {
          const request = readRequest(line);
          if (request) expect(request.params).to.be.an('array');
        } catch (error) {
          expect(error).to.be.instanceOf(NoStratumError);
        }
      }),
    );
  });
});

describe('what a miner is sent', () => {
  it('is an answer or an error with all three fields', () => {
    expect(messages.answerLine(3, true)).to.equal('{"id":3,"result":true,"error":null}\n');
    const error = new StratumError(23, 'Low difficulty share');
    expect(messages.errorLine('a', error)).to.equal(
      '{"id":"a","result":null,"error":[23,"Low difficulty share",null]}\n',
    );
  });

  it('is a difficulty as a number', () => {
    for (const difficulty of [0.00015, 1, 1024, 2 ** 48]) {
      const params = [difficulty];
      expect(parsed(messages.difficultyLine(difficulty))).to.deep.equal({
        id: null,
        method: 'mining.set_difficulty',
        params,
      });
    }
  });

  const template = { ...testTemplate(), prev: Buffer.from([...Array(32).keys()]) };
  const notified = (more: Partial<messages.Notified> = {}): unknown[] => {
    const line = messages.notifyLine(template, { jobId: 'j', salt: 0x0a, isClean: true, ...more });
    const message = parsed(line) as { id: unknown; method: string; params: unknown[] };
    expect(message).to.include({ id: null, method: 'mining.notify' });
    expect(message.params).to.have.length(9);
    return message.params;
  };

  it('is a job with each word of the previous hash reversed', () => {
    const { prev } = template;
    const [, sent] = notified() as [string, string];
    for (let word = 0; word < 32; word += 4) {
      const bytes = Buffer.from(prev.subarray(word, word + 4)).reverse();
      expect(sent.slice(2 * word, 2 * word + 8)).to.equal(bytes.toString('hex'));
    }
    expect(sent).to.have.length(64);
  });

  it('is a job whose first coinbase part ends with the salt, always two digits', () => {
    const { coinbase1, coinbase2 } = template;
    const start = Buffer.from(coinbase1).toString('hex');
    for (const [salt, digits] of [
      [0, '00'],
      [10, '0a'],
      [255, 'ff'],
    ] as const) {
      const [, , first, second, branches] = notified({ salt });
      expect(first).to.equal(start + digits);
      expect(second).to.equal(Buffer.from(coinbase2).toString('hex'));
      expect(branches).to.deep.equal([]);
    }
  });

  it('is a job with eight digits each of version, bits and time, most significant first', () => {
    const [version, bits, time] = notified().slice(5, 8) as [string, string, string];
    expect(version).to.equal('20000000');
    expect(bits).to.match(/^[0-9a-f]{8}$/);
    expect(Number.parseInt(bits, 16)).to.equal(template.bits);
    expect(time).to.match(/^[0-9a-f]{8}$/);
    expect(Number.parseInt(time, 16)).to.equal(template.time);
    const early = { ...template, time: 0x0a, bits: 0xffffffff };
    const line = messages.notifyLine(early, { jobId: 'j', salt: 0, isClean: false });
    expect(line).to.include('"20000000","ffffffff","0000000a",false]');
  });

  it('is a job whose version has none of the bits that are rolled', () => {
    const version = Number.parseInt(notified()[5] as string, 16);
    expect(messages.VERSION_MASK).to.equal(0x1fffe000);
    expect(version & messages.VERSION_MASK).to.equal(0);
  });

  it('is a coinbase of at most 255 bytes in lines of at most 4,096', () => {
    const [, , first, second] = notified() as string[];
    expect((first! + second!).length / 2 + 5).to.be.at.most(255);
    const line = messages.notifyLine(template, { jobId: 'ffffffff', salt: 255, isClean: false });
    expect(line.length).to.be.at.most(4_096);
  });
});
