import { expect } from 'chai';
import fc from 'fast-check';
import { configured, readPassword } from '../../src/stratum/wishes';

describe('mining.configure', () => {
  const answer = (names: unknown, options?: unknown): unknown =>
    configured([names, options]).answer;

  for (const [mask, expected] of [
    ['ffffffff', '1fffe000'],
    ['1fffe000', '1fffe000'],
    ['FFFFFFFF', '1fffe000'],
    ['00c00000', '00c00000'],
    ['e0001fff', '00000000'],
    ['80002000', '00002000'],
    ['6000', '00006000'],
    [undefined, '1fffe000'],
    [null, '1fffe000'],
    ['', '1fffe000'],
    ['not hex', '1fffe000'],
    ['100000000', '1fffe000'],
    [0x2000, '1fffe000'],
  ] as const) {
    it(`lets a miner whose mask is ${JSON.stringify(mask) ?? 'not sent'} roll ${expected}`, () => {
      const wished = configured([['version-rolling'], { 'version-rolling.mask': mask }]);
      expect(wished.answer).to.deep.equal({
        'version-rolling': true,
        'version-rolling.mask': expected,
      });
      expect(wished.versionMask).to.equal(Number.parseInt(expected, 16));
    });
  }

  it('never refuses for the least count of bits, nor for want of options', () => {
    const options = { 'version-rolling.mask': '00002000', 'version-rolling.min-bit-count': 16 };
    expect(answer(['version-rolling'], options)).to.deep.equal({
      'version-rolling': true,
      'version-rolling.mask': '00002000',
    });
    for (const none of [undefined, null, 'x', 5, []]) {
      expect(answer(['version-rolling'], none)).to.have.property(
        'version-rolling.mask',
        '1fffe000',
      );
    }
  });

  it('takes the least difficulty as a number above 0 or its text', () => {
    for (const [value, leastDifficulty] of [
      [2048, 2048],
      ['2048', 2048],
      [0.5, 0.5],
      [0, undefined],
      [-1, undefined],
      ['x', undefined],
      [true, undefined],
      [[5], undefined],
      [undefined, undefined],
      [Infinity, undefined],
    ] as const) {
      const wished = configured([['minimum-difficulty'], { 'minimum-difficulty.value': value }]);
      expect(wished.answer).to.deep.equal({ 'minimum-difficulty': true });
      expect(wished.leastDifficulty, String(value)).to.equal(leastDifficulty);
    }
  });

  it('answers all that it is asked, and what it does not know with false', () => {
    const names = ['subscribe-extranonce', 'info', 'version-rolling', 'teleport', ''];
    expect(answer(names, { 'info.hw-version': 'x' })).to.deep.equal({
      'subscribe-extranonce': true,
      info: true,
      'version-rolling': true,
      'version-rolling.mask': '1fffe000',
      teleport: false,
      '': false,
    });
  });

  it('rolls nothing and asks for no difficulty where neither is named', () => {
    const options = { 'version-rolling.mask': 'ffffffff', 'minimum-difficulty.value': 5 };
    expect(configured([['info'], options])).to.deep.equal({
      answer: { info: true },
      versionMask: undefined,
      leastDifficulty: undefined,
    });
  });

  it('answers names of properties that every object has like any other', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    expect(JSON.stringify(answer(names, JSON.parse('{"__proto__":{"a":1}}')))).to.equal(
      '{"__proto__":false,"constructor":false,"toString":false,"hasOwnProperty":false}',
    );
    expect(({} as Record<string, unknown>).a).to.equal(undefined);
  });

  it('answers 16 extensions at most, and skips what is no name', () => {
    const many = Array.from({ length: 100 }, (_, i) => `extension ${i}`);
    expect(Object.keys(answer(many) as object)).to.deep.equal(many.slice(0, 16));
    expect(answer([5, null, ['info'], 'info'])).to.deep.equal({ info: true });
    for (const names of ['version-rolling', null, undefined, { 0: 'info' }]) {
      expect(answer(names)).to.deep.equal({});
    }
  });

  it('gives something that can be sent, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (params) => {
        const { answer, versionMask = 0 } = configured(params);
        expect(JSON.parse(JSON.stringify(answer))).to.deep.equal(answer);
        expect(versionMask & ~0x1fffe000).to.equal(0);
      }),
    );
  });
});

describe("a miner's password", () => {
  for (const [password, difficulty] of [
    ['d=1024', 1024],
    ['diff=0.001', 0.001],
    ['D=8', 8],
    ['DIFF=8', 8],
    ['x,d=512', 512],
    ['secret, d=512 ,more', 512],
    ['d = 16', 16],
    ['d=nonsense,diff=4', 4],
    ['d=2,d=4', 2],
    ['', undefined],
    ['x', undefined],
    ['123', undefined],
    ['d', undefined],
    ['d=', undefined],
    ['d=0', undefined],
    ['d=-5', undefined],
    ['d=NaN', undefined],
    ['d=Infinity', undefined],
    ['d=1e999', undefined],
    ['md=5', undefined],
    ['difficulty=5', undefined],
    ['d=5=5', undefined],
  ] as const) {
    it(`${JSON.stringify(password)} fixes ${difficulty ?? 'no difficulty'}`, () => {
      expect(readPassword(password).difficulty).to.equal(difficulty);
    });
  }

  it('is a list whose items are as they were typed, without the spaces around them', () => {
    expect(readPassword('d=5, Se cret ,,x').items).to.deep.equal(['d=5', 'Se cret', '', 'x']);
  });

  it('is read whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), (password) => {
        const { items, difficulty = 1 } = readPassword(password);
        expect(items.join(',').replaceAll(/\s/g, '')).to.equal(password.replaceAll(/\s/g, ''));
        expect(difficulty).to.be.above(0).and.below(Infinity);
      }),
    );
  });
});
