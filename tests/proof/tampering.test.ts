import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { WORK_SOURCE } from '../../src/consensus';
import { decodeProof, encodeProof, type Proof } from '../../src/proof/codec';
import { verifyProof } from '../../src/proof/verify';
import type { Segment } from '../../src/work/segment';
import { KOII_WORK, type Work } from '../../src/work/source';
import { EASY_RULES, judgeOf, mineEasyProof, vectors } from '../fixtures/proofs';
import { expectRefusal } from './expect-refusal';

type Attempts = Proof['attempts'][number];

const of = { taskId: randomBytes(32), round: 9, seed: randomBytes(32) };
const submitter = randomBytes(32);
const verify = (proof: string) => verifyProof(proof, submitter, of, EASY_RULES);

const segment = (height: number, prev: number, time = 1000): Segment => ({
  height,
  prev: Buffer.alloc(32, prev),
  time,
  bits: 0,
});
const bitcoin = (...segments: Segment[]): Work => ({
  source: WORK_SOURCE.bitcoin,
  payout: randomBytes(20),
  segments,
});
const mine = (nonces: number, work: Work) => mineEasyProof(of, submitter, nonces, EASY_RULES, work);
/** Proofs of two segments each: two tips in a row, and siblings. */
const spanning = [
  mine(1000, bitcoin(segment(7, 5), segment(8, 3))),
  mine(1000, bitcoin(segment(7, 1), segment(7, 2))),
];
const proofs = [
  ...[50, 60, 1000, 5000].map((nonces) => mine(nonces, KOII_WORK)),
  ...[50, 1000].map((nonces) => mine(nonces, bitcoin(segment(1, 3)))),
  ...spanning,
];
const anyProof = fc.constantFrom(...proofs);

function decode(text: string): Proof {
  const decoded = decodeProof(text);
  if ('reason' in decoded) throw new Error(decoded.reason);
  return decoded.proof;
}

/** The two segments of a proof that spans two; otherwise the only one. */
function segmentsOf(text: string): [Segment, Segment] {
  const { work } = decode(text);
  if (work.source === WORK_SOURCE.koii) throw new Error('koii has none of its own');
  return [...work.segments] as [Segment, Segment];
}

/** Encodes a proof again with the attempts on one of its segments changed. */
function withAttempts(text: string, on: number, change: (attempts: Attempts) => Attempts): string {
  const { work, attempts } = decode(text);
  const changed = [...attempts];
  const at = on % attempts.length;
  changed[at] = change(changed[at]!);
  return encodeProof({ work, attempts: changed });
}

describe('a changed proof', () => {
  it('was valid before, on one segment or on two', () => {
    for (const proof of proofs) expect(verify(proof).valid).to.equal(true);
    for (const proof of spanning) expect(decode(proof).attempts).to.have.length(2);
  });

  // A changed byte gives another hash. The easy floor would let one in two pass, the real floor lets one in 2^18 pass.
  for (const [i, vector] of vectors.entries()) {
    it(`is refused, whichever byte of vector ${i} was changed, of source ${vector.workSource}`, () => {
      const judge = judgeOf(vector);
      const bytes = Buffer.from(vector.proof, 'base64url');
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
          const changed = Buffer.from(bytes);
          changed[at]! ^= flip;
          const text = changed.toString('base64url');
          expectRefusal(verifyProof(text, judge.submitter, judge.of, judge.rules));
        }),
        { numRuns: 2000 },
      );
    });
  }

  it('is refused where it was cut, in bytes or in characters', () => {
    fc.assert(
      fc.property(anyProof, fc.nat(), (proof, seed) => {
        expectRefusal(verify(proof.slice(0, seed % proof.length)));
        const bytes = Buffer.from(proof, 'base64url');
        expectRefusal(verify(bytes.subarray(0, seed % bytes.length).toString('base64url')));
      }),
      { numRuns: 3000 },
    );
  });

  it('is refused where bytes were added', () => {
    fc.assert(
      fc.property(anyProof, fc.uint8Array({ minLength: 1, maxLength: 40 }), (proof, more) => {
        const bytes = Buffer.concat([Buffer.from(proof, 'base64url'), more]);
        expectRefusal(verify(bytes.toString('base64url')));
      }),
      { numRuns: 3000 },
    );
  });

  it('is refused with padding, white space, the other alphabet and trailing text', () => {
    for (const vector of vectors) {
      const { submitter, of, rules } = judgeOf(vector);
      const { proof } = vector;
      for (const text of [
        `${proof}=`,
        `${proof} `,
        ` ${proof}`,
        `${proof}\u0000`,
        `${proof}é`,
        proof.replace(/[-_]/, '+'),
        proof.toLowerCase(),
      ]) {
        expectRefusal(verifyProof(text, submitter, of, rules));
      }
    }
  });

  it('is refused where shares were swapped', () => {
    fc.assert(
      fc.property(anyProof, fc.nat(), fc.nat(), fc.nat(), (proof, on, one, other) => {
        const changed = withAttempts(proof, on, (attempts) => {
          const swapped = [...attempts];
          const [a, b] = [one % swapped.length, other % swapped.length];
          [swapped[a], swapped[b]] = [swapped[b]!, swapped[a]!];
          return swapped;
        });
        fc.pre(changed !== proof);
        expectRefusal(verify(changed), /out of order/);
      }),
      { numRuns: 3000 },
    );
  });

  it('is refused where a share was repeated, also in the place of the next', () => {
    fc.assert(
      fc.property(anyProof, fc.nat(), fc.nat(), (proof, on, which) => {
        const inserted = withAttempts(proof, on, (attempts) => {
          const at = which % attempts.length;
          return [...attempts.slice(0, at + 1), ...attempts.slice(at)];
        });
        expectRefusal(verify(inserted), /twice|expected at most|longer/);
        const replaced = withAttempts(proof, on, (attempts) => {
          const at = which % (attempts.length - 1);
          return attempts.map((attempt, i) => (i === at + 1 ? attempts[at]! : attempt));
        });
        expectRefusal(verify(replaced), /twice/);
      }),
      { numRuns: 1000 },
    );
  });

  /** Encodes a proof again with other segments and shares. */
  const rebuilt = (proof: string, segments: Segment[], attempts: Attempts[]): string => {
    const { work } = decode(proof);
    return encodeProof({ work: { ...work, segments } as Work, attempts });
  };

  it('is refused where its segments were swapped, alone or with their shares, or made equal', () => {
    for (const proof of spanning) {
      const { attempts } = decode(proof);
      const [first, second] = segmentsOf(proof);
      for (const segments of [
        [second, first],
        [first, first],
        [first, { ...first, time: first.time + 1, bits: 1 }],
      ]) {
        for (const shares of [attempts, [...attempts].reverse()]) {
          const changed = rebuilt(proof, segments, shares);
          expectRefusal(verify(changed), /segments are out of order or equal/);
        }
      }
    }
  });

  it('is refused where a segment has the shares of the other, or another place in time or chain', () => {
    for (const proof of spanning) {
      const { attempts } = decode(proof);
      const [first, second] = segmentsOf(proof);
      expectRefusal(verify(rebuilt(proof, [first, second], [...attempts].reverse())));
      for (const other of [
        { ...second, height: second.height + 1 },
        { ...second, prev: Buffer.alloc(32, 0xff) },
        { ...second, time: second.time + 1 },
        { ...second, bits: 1 },
      ]) {
        expectRefusal(verify(rebuilt(proof, [first, other], attempts)), /share \d+ is/);
      }
    }
  });

  it('counts no hash twice, though its time can be had in two ways', () => {
    const [proof] = proofs.filter((proof) => decode(proof).work.source === WORK_SOURCE.bitcoin);
    const [only] = segmentsOf(proof!);
    const [attempts] = decode(proof!).attempts;
    const earlier = { ...only, time: only.time - 1 };
    const later = attempts!.map((attempt) => ({ ...attempt, timeOffset: attempt.timeOffset + 1 }));
    // The headers are the same: another text that proves the same hashes.
    expect(verify(rebuilt(proof!, [earlier], [later]))).to.deep.equal(verify(proof!));
    const both = rebuilt(proof!, [earlier, only], [later.slice(0, 5), attempts!.slice(0, 5)]);
    expectRefusal(verify(both), /segments are out of order or equal/);
  });
});
