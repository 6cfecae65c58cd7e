import { ROUND_CONSTANTS } from '../sha256-constants';
import { add, and, constant, isUniform, shl, shr, xor, type Word } from './dag';

// SHA-256 (FIPS 180-4 sections 4.1.2 and 6.2.2) on words of any binding time. The association and
// the order of operands are measured, not taste: V8 schedules by them (docs/ENGINE.md).

/** The state a..h. */
export type State = readonly [Word, Word, Word, Word, Word, Word, Word, Word];

export const roundConstant = (round: number): Word => constant(ROUND_CONSTANTS[round]!);

/** rotr r1 ^ rotr r2 ^ rotr r3 */
function bigSigma(x: Word, r1: number, r2: number, r3: number): Word {
  const right = xor(shr(x, r1), shr(x, r2));
  const rest = xor(xor(xor(shr(x, r3), shl(x, 32 - r2)), shl(x, 32 - r1)), shl(x, 32 - r3));
  return xor(right, rest);
}

/** rotr r1 ^ rotr r2 ^ shr s */
function smallSigma(x: Word, r1: number, r2: number, s: number): Word {
  const left = xor(shl(x, 32 - r2), shr(x, r2));
  return xor(left, xor(xor(shr(x, r1), shl(x, 32 - r1)), shr(x, s)));
}

const choose = (e: Word, f: Word, g: Word): Word => xor(and(xor(f, g), e), g);

const majority = (a: Word, b: Word, c: Word): Word =>
  isUniform(b) && isUniform(c)
    ? xor(and(a, xor(b, c)), and(b, c))
    : xor(and(a, b), and(c, xor(a, b)));

/** h + Ch + Sigma1 + `scheduled`, where `scheduled` is W + K. */
export function temporary1([, , , , e, f, g, h]: State, scheduled: Word): Word {
  return add(add(choose(e, f, g), add(h, scheduled)), bigSigma(e, 6, 11, 25));
}

/** The state after a round, of which only e and a are new; `keep` says where their words live. */
export function round(state: State, scheduled: Word, keep: (word: Word) => Word): State {
  const [a, b, c, d, e, f, g] = state;
  const t1 = temporary1(state, scheduled);
  const newE = keep(add(d, t1));
  const newA = keep(add(add(bigSigma(a, 2, 13, 22), t1), majority(a, b, c)));
  return [newA, a, b, c, newE, e, f, g];
}

/** Word t of the message schedule, from the words 16, 15, 7 and 2 before it. */
export function scheduleWord(w16: Word, w15: Word, w7: Word, w2: Word): Word {
  const sigma0 = smallSigma(w15, 7, 18, 3);
  const sigma1 = smallSigma(w2, 17, 19, 10);
  return add(add(add(w16, sigma0), w7), sigma1);
}
