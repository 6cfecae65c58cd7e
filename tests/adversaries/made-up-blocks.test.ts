import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import type { BitcoinWork } from '../../adversaries/bitcoin-work';
import { withPayout } from '../../adversaries/forgery';
import { K, PROOF_RULES, PROOF_VERSION, WORK_SOURCE } from '../../src/consensus';
import { sharePayouts } from '../../src/distribution/payouts';
import { decodeProof, encodeProof, type Proof } from '../../src/proof/codec';
import { verifyProof, type Verdict } from '../../src/proof/verify';
import { ATTEMPT_SIZE } from '../../src/work/attempt';
import { compareSegments, type Segment } from '../../src/work/segment';
import { KOII_WORK } from '../../src/work/source';
import { EASY_RULES, mineEasyProof } from '../fixtures/proofs';
import { expectRefusal } from '../proof/expect-refusal';

// What cheaters may write into a proof of source bitcoin, and the verdict on each: what was hashed is work, whatever
// Bitcoin thinks of it, and what was not hashed is none (docs/PROTOCOL.md sections 3, 5 and 7).

const SOURCE = WORK_SOURCE.bitcoin;
const HASHES = 600;
const of = { taskId: randomBytes(32), round: 9, seed: randomBytes(32) };
const submitter = randomBytes(32);

const LAST_HEIGHT = 2 ** 31 - 1;
const TIP: Segment = {
  height: 958_000,
  prev: Buffer.alloc(32, 0xab),
  time: 1_790_000_000,
  bits: 0x1701fa38,
};
const CHILD: Segment = {
  height: 958_001,
  prev: Buffer.alloc(32, 0xcd),
  time: 1_790_000_600,
  bits: 0x1701fa38,
};

const work = (...segments: Segment[]): BitcoinWork => ({
  source: SOURCE,
  payout: Buffer.alloc(20, 0x44),
  segments,
});
const tip = (change: Partial<Segment>): BitcoinWork => work({ ...TIP, ...change });
const mine = (mined: BitcoinWork): string =>
  mineEasyProof(of, submitter, HASHES, EASY_RULES, mined);
const verdictOn = (proof: string, by: Uint8Array = submitter, seed: Uint8Array = of.seed) =>
  verifyProof(proof, by, { taskId: of.taskId, round: of.round, seed }, EASY_RULES);

/** Made up before it is mined: nobody's block, and as much work as one. */
const ALLOWED: readonly { what: string; mined: BitcoinWork }[] = [
  { what: 'a prev that is no block', mined: tip({ prev: randomBytes(32) }) },
  {
    what: 'a prev of zeros, the one before the first block',
    mined: tip({ prev: Buffer.alloc(32) }),
  },
  { what: 'bits by which each share is a block', mined: tip({ bits: 0x207fffff }) },
  { what: 'bits that expand to nothing', mined: tip({ bits: 0 }) },
  { what: 'bits of a negative target', mined: tip({ bits: 0x04923456 }) },
  { what: 'bits of a target beyond 256 bits', mined: tip({ bits: 0xff7fffff }) },
  { what: 'all bits set', mined: tip({ bits: 0xffffffff }) },
  { what: 'a time before Bitcoin', mined: tip({ time: 0 }) },
  { what: 'a time a day ahead', mined: tip({ time: TIP.time + 86_400 }) },
  { what: 'a time that wraps when it is rolled', mined: tip({ time: 0xffffffff }) },
  { what: 'a height of 1', mined: tip({ height: 1 }) },
  { what: 'a height of 2^31 - 1', mined: tip({ height: LAST_HEIGHT }) },
  {
    what: 'the first and the last height',
    mined: work(
      { height: 1, prev: TIP.prev, time: 0, bits: 0 },
      { height: LAST_HEIGHT, prev: TIP.prev, time: 0, bits: 0 },
    ),
  },
  { what: 'a child mined before its parent', mined: work(CHILD, TIP) },
  {
    what: 'a payout to a program that nobody has a key for',
    mined: { source: SOURCE, payout: Buffer.alloc(20), segments: [TIP] },
  },
  {
    what: "another operator's payout",
    mined: { source: SOURCE, payout: randomBytes(20), segments: [TIP] },
  },
];

/** Takes a proof apart, changes its segments or its shares, and encodes it again. */
function changed(
  proof: string,
  change: (segments: readonly Segment[], attempts: Proof['attempts']) => Partial<Changed>,
): string {
  const decoded = decodeProof(proof);
  if ('reason' in decoded || decoded.proof.work.source !== SOURCE) throw new Error('no such proof');
  const { work: mined, attempts } = decoded.proof;
  const { segments = mined.segments, attempts: others = attempts } = change(
    mined.segments,
    attempts,
  );
  const { payout } = mined;
  return encodeProof({ work: { source: SOURCE, payout, segments }, attempts: others });
}

interface Changed {
  segments: readonly Segment[];
  attempts: Proof['attempts'];
}

/** One of the fields of the second segment replaced, after it was mined. */
const withSecond = (change: Partial<Segment>) => (proof: string) =>
  changed(proof, ([first, second]) => ({ segments: [first!, { ...second!, ...change }] }));

const NOT_MINED = /^share \d+ is (above the floor|out of order)$/;
const NOT_IN_ORDER = /^segments are out of order or equal$/;

/** Changed after it was mined: a proof of hashes that nobody made, or one that isn't well-formed. */
const REFUSED: readonly { what: string; forge: (proof: string) => string; reason: RegExp }[] = [
  {
    what: "another's payout in its place",
    forge: (proof) => withPayout(proof, randomBytes(20)),
    reason: NOT_MINED,
  },
  { what: 'another prev', forge: withSecond({ prev: Buffer.alloc(32, 0xce) }), reason: NOT_MINED },
  { what: 'other bits', forge: withSecond({ bits: 0x207fffff }), reason: NOT_MINED },
  { what: 'another time', forge: withSecond({ time: CHILD.time + 1 }), reason: NOT_MINED },
  { what: 'another height', forge: withSecond({ height: CHILD.height + 1 }), reason: NOT_MINED },
  { what: 'the height 2^31 - 1', forge: withSecond({ height: LAST_HEIGHT }), reason: NOT_MINED },
  {
    what: 'segments out of order',
    forge: (proof) =>
      changed(proof, (segments, attempts) => ({
        segments: [...segments].reverse(),
        attempts: [...attempts].reverse(),
      })),
    reason: NOT_IN_ORDER,
  },
  {
    what: 'one segment twice',
    forge: (proof) => changed(proof, ([first]) => ({ segments: [first!, first!] })),
    reason: NOT_IN_ORDER,
  },
  {
    what: 'one block at two times, so that a hash is a share of both',
    forge: withSecond({ height: TIP.height, prev: TIP.prev, time: TIP.time + 1 }),
    reason: NOT_IN_ORDER,
  },
  {
    what: 'a height of 0',
    forge: (proof) =>
      changed(proof, ([first, second]) => ({
        segments: [{ ...first!, height: 0 }, second!],
      })),
    reason: /^expected a height of 1 to 2147483647, got 0$/,
  },
  {
    what: 'a height of 2^31',
    forge: withSecond({ height: 2 ** 31 }),
    reason: /^expected a height of 1 to 2147483647, got 2147483648$/,
  },
];

describe('made-up Bitcoin blocks', () => {
  for (const { what, mined } of ALLOWED) {
    it(`are work, with ${what}`, () => {
      const verdict = verdictOn(mine(mined));
      expect(verdict).to.include({ valid: true, source: SOURCE, shares: K[SOURCE] });
      // A standard error of 24 %.
      expect(Number(hashesOf(verdict)) / HASHES).to.be.within(0.2, 4);
    });
  }

  it('are paid as work of source koii is: by the hashes that they prove', () => {
    const koii = mineEasyProof(of, submitter, HASHES, EASY_RULES, KOII_WORK);
    const verdicts = [koii, ...ALLOWED.map(({ mined }) => mine(mined))].map((proof) =>
      verdictOn(proof),
    );
    const all = verdicts.reduce((sum, verdict) => sum + hashesOf(verdict), 0n);
    const forged = verdictOn(withPayout(mine(work(TIP)), randomBytes(20)));
    const list = sharePayouts(
      [...verdicts, forged].map((verdict, i) => ({ publicKey: `key ${i}`, verdict })),
      1_000_000_000n,
    );
    for (const [i, verdict] of verdicts.entries()) {
      const part = Number((1_000_000_000n * hashesOf(verdict)) / all);
      expect(part).to.be.above(0);
      expect(list[`key ${i}`]).to.equal(part);
    }
    expect(list[`key ${verdicts.length}`]).to.equal(0);
  });
});

describe('a proof of source bitcoin', () => {
  const proof = mine(work(TIP, CHILD));

  it('is valid as it was mined', () => {
    expect(verdictOn(proof)).to.include({ valid: true, source: SOURCE, shares: K[SOURCE] });
    expect(withPayout(proof, Buffer.alloc(20, 0x44))).to.equal(proof);
    expect(changed(proof, () => ({}))).to.equal(proof);
  });

  for (const { what, forge, reason } of REFUSED) {
    it(`is refused with ${what}`, () => {
      expectRefusal(verdictOn(forge(proof)), reason);
    });
  }

  it("is refused under another's key, and in a round of another seed", () => {
    expectRefusal(verdictOn(proof, randomBytes(32)), NOT_MINED);
    expectRefusal(verdictOn(proof, submitter, randomBytes(32)), NOT_MINED);
  });

  it('has a verdict whatever bytes stand in its fields', () => {
    const bytes = (size: number) => {
      const any = fc.uint8Array({ minLength: size, maxLength: size });
      return fc.oneof(any, fc.constantFrom(0, 1, 0x7f, 0x80, 0xff).map(filled(size)));
    };
    const rules = fc.record({
      floor: fc.constantFrom(PROOF_RULES.floor, EASY_RULES.floor, (1n << 256n) - 1n),
      network: fc.constant('main' as const),
      halvingBlocks: fc.constantFrom(150, 210_000),
      taskPayout: fc.constantFrom(
        undefined,
        { program: '55'.repeat(20), percent: 1 },
        { program: '00'.repeat(20), percent: 50 },
      ),
    });
    const counts = fc.array(fc.integer({ min: 1, max: K[SOURCE] / 2 }), {
      minLength: 1,
      maxLength: 2,
    });
    const height = fc.integer({ min: 1, max: LAST_HEIGHT });
    let valid = 0;
    fc.assert(
      fc.property(
        fc.record({
          payout: bytes(20),
          heights: fc.tuple(height, height),
          rests: fc.tuple(bytes(40), bytes(40)),
          counts,
          attempts: bytes(K[SOURCE] * ATTEMPT_SIZE),
        }),
        rules,
        ({ payout, heights, rests, counts, attempts }, rules) => {
          const segments = counts.map((_, i) => segmentBytes(heights[i]!, rests[i]!));
          segments.sort((a, b) => compareSegments(readSegment(a), readSegment(b)));
          fc.pre(
            new Set(segments.map((each) => each.toString('hex', 0, 36))).size === counts.length,
          );
          const total = counts.reduce((sum, count) => sum + count, 0);
          const text = Buffer.concat([
            Buffer.of(PROOF_VERSION | SOURCE, counts.length),
            payout,
            ...counts.flatMap((count, i) => [segments[i]!, Buffer.of(count)]),
            attempts.subarray(0, total * ATTEMPT_SIZE),
          ]).toString('base64url');
          expect(decodeProof(text), 'it is well-formed').to.have.property('proof');
          const verdict = verifyProof(text, submitter, of, rules);
          if (!verdict.valid) return expectRefusal(verdict, /^share \d+ /);
          valid++;
          expect(verdict.shares).to.equal(total);
          expect(verdict.hashes >= BigInt(total)).to.equal(true);
        },
      ),
      { numRuns: 2000 },
    );
    expect(valid, 'some hold one share, and every hash is one').to.be.above(20);
  });
});

function hashesOf(verdict: Verdict): bigint {
  return verdict.valid ? verdict.hashes : 0n;
}

function filled(size: number): (value: number) => Uint8Array {
  return (value) => new Uint8Array(size).fill(value);
}

/** @param rest prev, time and bits */
function segmentBytes(height: number, rest: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + rest.length);
  bytes.writeUInt32LE(height, 0);
  bytes.set(rest, 4);
  return bytes;
}

function readSegment(bytes: Buffer): Segment {
  return { height: bytes.readUInt32LE(0), prev: bytes.subarray(4, 36), time: 0, bits: 0 };
}
