import { expect } from 'chai';
import fc from 'fast-check';
import { difficultyOf } from '../../src/bitcoin/target';
import { targetOf } from '../../src/stratum/difficulty';
import * as messages from '../../src/stratum/messages';
import { readParams, StratumError } from '../../src/stratum/messages';

/** What a schema makes of parameters, or the error it gives. */
function read(schema: Parameters<typeof readParams>[0], params: unknown): unknown {
  try {
    return readParams(schema, params);
  } catch (error) {
    if (!(error instanceof StratumError)) throw error;
    return `${error.code} ${error.message}`;
  }
}

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
