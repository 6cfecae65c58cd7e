import { expect } from 'chai';
import { blockChance, chanceOf, oddsInWords } from '../../src/bitcoin/chance';
import { bitsToTarget, targetForHashes } from '../../src/bitcoin/target';

const DAY_S = 86_400;

describe('the chance of a block', () => {
  it('keeps its digits where it is tiny, and never passes 1', () => {
    // 1 - Math.exp(-x) is 0 here.
    expect(chanceOf(1e-20)).to.equal(1e-20);
    expect(chanceOf(1e-3)).to.be.closeTo(9.995001666e-4, 1e-12);
    expect(chanceOf(Math.LN2)).to.be.closeTo(0.5, 1e-12);
    expect(chanceOf(1e9)).to.equal(1);
    expect(chanceOf(0)).to.equal(0);
  });

  it('is that of a hash a second at the easiest target: a block each time', () => {
    const { perDay, words } = blockChance(1, 2n ** 256n - 1n);
    expect(perDay).to.equal(1);
    expect(words).to.equal('about 86,000 blocks a day, about 32 million blocks a year');
  });

  it('is that of as many hashes as a block takes on average, in a day', () => {
    const { perDay, perYear } = blockChance(1e6, targetForHashes(BigInt(1e6 * DAY_S)));
    expect(perDay).to.be.closeTo(1 - 1 / Math.E, 1e-9);
    expect(perYear).to.equal(1);
  });

  it('is told in plain words for a processor and for a Bitaxe, against the network of 2025', () => {
    // Height 900,000: difficulty 1.26e14.
    const target = bitsToTarget(0x17023a04);
    const processor = blockChance(20e6, target);
    expect(processor.words).to.equal('about 1 in 310 billion a day, about 1 in 860 million a year');
    expect(processor.perDay).to.be.closeTo(1 / 314e9, 1e-14);
    const bitaxe = blockChance(1.2e12, target);
    expect(bitaxe.words).to.equal('about 1 in 5.2 million a day, about 1 in 14,000 a year');
  });

  it('is none while nothing is hashed', () => {
    expect(blockChance(0, 1n << 200n)).to.deep.equal({
      perDay: 0,
      perYear: 0,
      words: 'none: nothing is being hashed',
    });
  });

  for (const [expected, words] of [
    [1e-20, 'less than 1 in a thousand trillion'],
    [1 / 999e12, 'about 1 in 1,000 trillion'],
    [1 / 3.21e12, 'about 1 in 3.2 trillion'],
    [1 / 999_999, 'about 1 in 1 million'],
    [1 / 12_345, 'about 1 in 12,000'],
    [0.1, 'about 1 in 11'],
    [0.2, 'about 18 %'],
    [0.999, 'about 63 %'],
    [1, 'about 1 block'],
    [1.04, 'about 1 block'],
    [1.5, 'about 1.5 blocks'],
    [3, 'about 3 blocks'],
    [1096, 'about 1,100 blocks'],
  ] as const) {
    it(`of ${expected} expected blocks is "${words}"`, () => {
      expect(oddsInWords(expected)).to.equal(words);
    });
  }
});
