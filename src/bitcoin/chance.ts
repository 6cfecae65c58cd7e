import { HASH_SPACE } from './target';

// The odds of solo mining, as numbers and in words.

const DAY_S = 86_400;
const YEAR_S = 365.25 * DAY_S;

/** From here on words have no number: nobody can tell a quadrillion from its double. */
const LONGEST_ODDS = 1e15;
const LARGE = [
  { size: 1e12, name: 'trillion' },
  { size: 1e9, name: 'billion' },
  { size: 1e6, name: 'million' },
];

/** The odds at one hash rate and one target, which Bitcoin changes every 2,016 blocks. */
export interface BlockChance {
  /** Of at least one block, 0..1. */
  perDay: number;
  perYear: number;
  /** Such as "about 1 in 310 billion a day, about 1 in 860 million a year". */
  words: string;
}

/** @param target the highest hash value of a block, 0 <= target < 2^256 */
export function blockChance(hashrateHps: number, target: bigint): BlockChance {
  const perSecond = hashrateHps * (Number(target + 1n) / Number(HASH_SPACE));
  const [day, year] = [perSecond * DAY_S, perSecond * YEAR_S];
  return {
    perDay: chanceOf(day),
    perYear: chanceOf(year),
    words:
      perSecond > 0
        ? `${oddsInWords(day)} a day, ${oddsInWords(year)} a year`
        : 'none: nothing is being hashed',
  };
}

/**
 * The chance of at least one block where this many are expected. They come as a Poisson process does, so it is
 * 1 - e^-expected; expm1 keeps the digits of a tiny one.
 * @param expected from 0
 */
export function chanceOf(expected: number): number {
  return -Math.expm1(-expected);
}

/** "about 1 in 4.5 million", "about 12 %", "about 3 blocks". @param expected blocks, above 0 */
export function oddsInWords(expected: number): string {
  if (expected >= 1) {
    const blocks = inWords(expected);
    return `about ${blocks} ${blocks === '1' ? 'block' : 'blocks'}`;
  }
  const chance = chanceOf(expected);
  if (chance >= 0.1) return `about ${Math.round(chance * 100)} %`;
  const odds = 1 / chance;
  return odds < LONGEST_ODDS ? `about 1 in ${inWords(odds)}` : 'less than 1 in a thousand trillion';
}

/** Two digits of a number from 1 on, and its size as people say it: "3", "1,100", "4.5 million". */
function inWords(value: number): string {
  const rounded = Number(value.toPrecision(2));
  const large = LARGE.find(({ size }) => rounded >= size);
  const { size, name } = large ?? { size: 1, name: '' };
  const number = (rounded / size).toLocaleString('en', { maximumFractionDigits: 1 });
  return `${number} ${name}`.trimEnd();
}
