import { ROUND_CONSTANTS } from '../../../bitcoin/sha256';
import { add, and, constant, isUniform, rotr, shl, shr, xor, type Word } from './expressions';

// SHA-256 (FIPS 180-4 sections 4.1.2 and 6.2.2) on words of any binding time. How V8 schedules the code depends on the
// association and the order of operands: these were the best on a Zen 5, and no others were better on a Sapphire Rapids
// (docs/ENGINE.md).

/** The state a..h. */
export type State = readonly [Word, Word, Word, Word, Word, Word, Word, Word];

export const roundConstant = (round: number): Word => constant(ROUND_CONSTANTS[round]!);

/** A word rotated or shifted right by three distances, and the three results combined. */
interface Sigmas {
  /** rotr r1 ^ rotr r2 ^ rotr r3 */
  big: (x: Word, r1: number, r2: number, r3: number) => Word;
  /** rotr r1 ^ rotr r2 ^ shr s */
  small: (x: Word, r1: number, r2: number, s: number) => Word;
}

const ROTATING: Sigmas = {
  big: (x, r1, r2, r3) => xor(xor(rotr(x, r1), rotr(x, r2)), rotr(x, r3)),
  small: (x, r1, r2, s) => xor(xor(rotr(x, r1), rotr(x, r2)), shr(x, s)),
};

/** Each rotation as two shifts. */
const SHIFTING: Sigmas = {
  big(x, r1, r2, r3) {
    const left = xor(shr(x, r1), shr(x, r2));
    const right = xor(xor(xor(shr(x, r3), shl(x, 32 - r2)), shl(x, 32 - r1)), shl(x, 32 - r3));
    return xor(left, right);
  },
  small(x, r1, r2, s) {
    const left = xor(shl(x, 32 - r2), shr(x, r2));
    const right = xor(xor(shr(x, r1), shl(x, 32 - r1)), shr(x, s));
    return xor(left, right);
  },
};

const choose = (e: Word, f: Word, g: Word): Word => xor(and(xor(f, g), e), g);

/** While the nonce has only reached a, half of it is uniform. */
const majority = (a: Word, b: Word, c: Word): Word =>
  isUniform(b) && isUniform(c)
    ? xor(and(a, xor(b, c)), and(b, c))
    : xor(and(a, b), and(c, xor(a, b)));

/** The steps of SHA-256, for a machine that can or can't rotate words. */
export class Steps {
  readonly #sigmas: Sigmas;

  constructor({ rotates }: { rotates: boolean }) {
    this.#sigmas = rotates ? ROTATING : SHIFTING;
  }

  /** The state after a round; `keep` computes a word that is used more than once. */
  round(state: State, scheduled: Word, keep: (word: Word) => Word): State {
    const [a, b, c, d, e, f, g] = state;
    const t1 = keep(this.#temporary1(state, scheduled));
    const newE = keep(add(d, t1));
    const newA = keep(add(add(this.#sigmas.big(a, 2, 13, 22), t1), majority(a, b, c)));
    return [newA, a, b, c, newE, e, f, g];
  }

  /** The new e after a round. */
  nextE(state: State, scheduled: Word): Word {
    return add(state[3], this.#temporary1(state, scheduled));
  }

  /** Word t of the message schedule, from the words 16, 15, 7 and 2 before it. */
  scheduleWord(w16: Word, w15: Word, w7: Word, w2: Word): Word {
    const { small } = this.#sigmas;
    return add(add(add(w16, small(w15, 7, 18, 3)), w7), small(w2, 17, 19, 10));
  }

  /** h + Ch + Sigma1 + `scheduled`, where `scheduled` is W + K. */
  #temporary1([, , , , e, f, g, h]: State, scheduled: Word): Word {
    return add(add(choose(e, f, g), add(h, scheduled)), this.#sigmas.big(e, 6, 11, 25));
  }
}
