import { expect } from 'chai';
import { attackedNode, codeOf, shareOf, type Peer } from '../fixtures/hostile-miners';
import type { Answer } from '../fixtures/stratum-client';
import { until } from '../fixtures/until';

describe('hostile miners', function () {
  this.timeout(60_000);
  const attacked = attackedNode();

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
        const made = await attacked.miner();
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
      const made = await attacked.peer();
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
      const made = await attacked.peer();
      const numbers = ['0', '-0', '-1', '1e400', '-1e400', 'null', 'true', '[5]', '{}'];
      const texts = ['NaN', 'Infinity', '-5', 'x1', '', '1e400', '1,5'].map((text) => `"${text}"`);
      for (const value of [...numbers, ...texts]) {
        const answer = await answerTo(made, 'mining.suggest_difficulty', value);
        expect(codeOf(answer), value).to.equal(20);
      }
    });

    it('are no targets', async () => {
      const made = await attacked.peer();
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
        const made = await attacked.peer();
        const answer = await answerTo(made, 'mining.suggest_difficulty', value);
        expect(answer.result, value).to.equal(true);
        await expectBounds(made, 'x');
      }
      for (const digits of ['f'.repeat(64), `${'0'.repeat(63)}1`]) {
        const made = await attacked.peer();
        const answer = await answerTo(made, 'mining.suggest_target', `"${digits}"`);
        expect(answer.result, digits).to.equal(true);
        await expectBounds(made, 'x');
      }
    });

    it('in a password are ignored or bounded', async () => {
      const items = ['d=0', 'd=-5', 'd=NaN', 'd=1e999', 'd=', 'd=1e-300', 'diff=1e300'];
      for (const password of [...items, `d=${'9'.repeat(3_000)}`, ','.repeat(3_000)]) {
        await expectBounds(await attacked.peer(), password);
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
      const made = await attacked.client('numbers');
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
});
