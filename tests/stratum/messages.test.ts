import { expect } from 'chai';
import fc from 'fast-check';
import { difficultyOf } from '../../src/bitcoin/target';
import * as messages from '../../src/stratum/messages';
import { NoStratumError, readParams, readRequest, StratumError } from '../../src/stratum/messages';
import { targetOf } from '../../src/stratum/difficulty';
import { testTemplate } from '../fixtures/template';

/** What a schema makes of parameters, or the error it gives. */
function read(schema: Parameters<typeof readParams>[0], params: unknown): unknown {
  try {
    return readParams(schema, params);
  } catch (error) {
    if (!(error instanceof StratumError)) throw error;
    return `${error.code} ${error.message}`;
  }
}

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

describe('mining.subscribe', () => {
  it('names the miner, or not', () => {
    for (const [params, agent] of [
      [[], undefined],
      [['cpuminer/2.5.1'], 'cpuminer/2.5.1'],
      [['a', 'session', 'host', 3333], 'a'],
      [[null], undefined],
      [[{ a: 1 }], undefined],
    ] as const) {
      expect((read(messages.subscribeParams, params) as unknown[])[0]).to.equal(agent);
    }
  });
});

describe('mining.authorize', () => {
  it('has a name of up to 256 characters, and maybe a password', () => {
    const long = 'é'.repeat(256);
    for (const [params, name, password] of [
      [['rig1'], 'rig1', ''],
      [['rig1', 'x'], 'rig1', 'x'],
      [['', null], '', ''],
      [['rig1', 5], 'rig1', ''],
      [[long, 'd=5', 'more'], long, 'd=5'],
    ] as const) {
      expect(read(messages.authorizeParams, params)).to.deep.equal({ name, password });
    }
  });

  it('with another name is refused, with what is expected', () => {
    const message = '20 worker: expected a name of at most 256 characters';
    for (const params of [[], [5], [null, 'x'], [['rig1']], ['é'.repeat(257)]]) {
      expect(read(messages.authorizeParams, params)).to.equal(message);
    }
  });
});

describe('mining.suggest_difficulty', () => {
  it('has a number or its text', () => {
    for (const [wish, difficulty] of [
      [1024, 1024],
      ['1024', 1024],
      ['0.0005', 0.0005],
      [1e-300, 1e-300],
      ['1e3', 1000],
    ] as const) {
      expect(read(messages.difficulty, wish)).to.equal(difficulty);
    }
  });

  it('refuses what is no number above 0', () => {
    const none = [undefined, null, 0, -0, -5, '0', '-1', '', ' ', 'x', 'NaN', 'Infinity', '1,5'];
    const odd = [
      NaN,
      Infinity,
      '1e999',
      JSON.parse('1e999') as unknown,
      true,
      [5],
      { valueOf: 5 },
      '1 2',
    ];
    for (const wish of [...none, ...odd] as unknown[]) {
      expect(read(messages.difficulty, wish), String(wish)).to.equal(
        '20 difficulty: expected a number above 0',
      );
    }
  });
});

describe('mining.suggest_target', () => {
  const hex = (target: bigint): string => target.toString(16).padStart(64, '0');

  it('has a target in hex, or as a number', () => {
    for (const difficulty of [0.25, 1, 1024, 2 ** 20]) {
      const target = targetOf(difficulty);
      for (const wish of [hex(target), hex(target).toUpperCase(), target.toString(16)]) {
        expect(read(messages.target, wish)).to.equal(difficultyOf(target));
      }
      expect(read(messages.target, Number(target))).to.be.closeTo(difficulty, difficulty / 1e4);
    }
    expect(read(messages.target, 'f'.repeat(64))).to.be.within(1e-10, 1e-9);
    expect(read(messages.target, 1)).to.be.a('number').and.satisfy(Number.isFinite);
  });

  it('refuses what is no target', () => {
    const none = [undefined, null, 0, 0.5, -1, '', '0', '0'.repeat(64), 'f'.repeat(65), 'xyz'];
    const odd = [NaN, Infinity, 2 ** 256, -Infinity, true, ['ff'], {}, '-ff', ' ff', '0xff'];
    for (const wish of [...none, ...odd] as unknown[]) {
      expect(read(messages.target, wish), String(wish)).to.equal(
        '20 target: expected at most 64 hex digits or a number, above 0',
      );
    }
  });
});

describe('mining.submit', () => {
  const whole = ['rig1', 'a1', '0a0b0c0d', '6955b931', '9b7cd1f3', '17dde000'] as const;
  const submit = (...changes: [index: number, value: unknown][]): unknown => {
    const params: unknown[] = [...whole];
    for (const [index, value] of changes) params[index] = value;
    return read(messages.submitParams, params);
  };

  it('has the name, the job and what was rolled, as numbers', () => {
    expect(submit()).to.deep.equal({
      name: 'rig1',
      jobId: 'a1',
      extranonce2: 0x0a0b0c0d,
      time: 0x6955b931,
      nonce: 0x9b7cd1f3,
      versionBits: 0x17dde000,
    });
    expect(submit([2, 'FFFFFFFF'], [4, 'FfFfFfFf'])).to.include({
      extranonce2: 0xffffffff,
      nonce: 0xffffffff,
    });
  });

  it('has a nonce of 1 to 8 digits: some drop leading zeros', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (nonce) => {
        expect(submit([4, nonce.toString(16)])).to.include({ nonce });
        expect(submit([4, nonce.toString(16).padStart(8, '0')])).to.include({ nonce });
      }),
    );
    for (const nonce of ['', '123456789', '0x1', ' 1', '1\n', 'g', 5, null, undefined]) {
      expect(submit([4, nonce])).to.equal('20 nonce: expected 1 to 8 hex digits');
    }
  });

  it('has exactly eight digits of extranonce2, time and version bits', () => {
    const wrong = ['', '0', '0a0b0c0', '0a0b0c0d0', '0x0a0b0c', '0a0b0c0g', '0a0b0c0d\n', 1, {}];
    for (const [index, name] of [
      [2, 'extranonce2'],
      [3, 'time'],
      [5, 'version bits'],
    ] as const) {
      for (const value of wrong) {
        expect(submit([index, value])).to.equal(`20 ${name}: expected 8 hex digits`);
      }
    }
  });

  it('may lack version bits, have null for them, and have more behind them', () => {
    const rolledNone = { versionBits: 0, nonce: 0x9b7cd1f3 };
    expect(read(messages.submitParams, whole.slice(0, 5))).to.include(rolledNone);
    expect(submit([5, null])).to.include(rolledNone);
    expect(submit([5, null], [6, 'x'], [7, { y: 1 }])).to.include(rolledNone);
  });

  it('names the first field that is wrong or missing', () => {
    for (const [count, message] of [
      [0, 'worker: expected a name of at most 256 characters'],
      [1, 'job: expected its id'],
      [2, 'extranonce2: expected 8 hex digits'],
      [3, 'time: expected 8 hex digits'],
      [4, 'nonce: expected 1 to 8 hex digits'],
    ] as const) {
      expect(read(messages.submitParams, whole.slice(0, count))).to.equal(`20 ${message}`);
    }
    expect(submit([1, 5], [4, ''])).to.equal('20 job: expected its id');
  });

  it('is read or refused with code 20, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.anything(), { maxLength: 8 }), (params) => {
        const result = read(messages.submitParams, params);
        if (typeof result === 'string') expect(result).to.match(/^20 [a-z0-9 ]+: expected /);
        else expect(result).to.have.property('jobId');
      }),
    );
  });
});
