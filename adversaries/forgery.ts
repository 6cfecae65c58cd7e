import { randomBytes } from 'node:crypto';
import { K, WORK_SOURCE, type WorkSourceId } from '../src/consensus';
import { decodeProof, encodeProof, type Proof, composeProof } from '../src/proof/codec';
import { shareOf, type Share } from '../src/proof/shares';
import { ATTEMPT_SIZE, unpackAttempt, type Attempt } from '../src/work/attempt';
import type { Segment } from '../src/work/segment';
import { KOII_WORK, type Work } from '../src/work/source';
import { madeUpSiblings, type Mined } from './bitcoin-work';

// False proofs, each with exactly one fault, which an audit must find.

/** A well-formed full proof that nobody mined. */
export function randomProof(source: WorkSourceId): string {
  const attempts = Array.from({ length: K[source] }, randomAttempt);
  if (source === WORK_SOURCE.koii) return encodeProof({ work: KOII_WORK, attempts: [attempts] });
  const shares = attempts.map((attempt, i) => ({ ...attempt, segment: i % 2, hashValue: 0n }));
  return proofOf(madeUpSiblings(), shares);
}

/** Real shares filled up to a full proof with shares above the floor, all in order. */
export function withSharesAboveFloor({ work, templates, shares }: Mined): string {
  const k = K[work.source];
  const real = shares.slice(0, k - 1);
  const added = Array.from({ length: k - real.length }, (_, i) => {
    const segment = i % templates.length;
    return shareOf(templates[segment]!, randomAttempt(), segment);
  });
  return proofOf(work, [...real, ...added]);
}

/** Real shares filled up to a full proof by repeating the lowest; undefined without a share. */
export function withRepeatedShare({ work, shares }: Mined): string | undefined {
  const [lowest] = shares;
  if (lowest === undefined) return undefined;
  const k = K[work.source];
  const others = shares.slice(1, k - 1);
  return proofOf(work, [...Array.from({ length: k - others.length }, () => lowest), ...others]);
}

/** A true proof of only some of the shares. */
export function proofOf(work: Work, shares: readonly Share[]): string {
  return encodeProof(composeProof(work, shares));
}

/** A well-encoded proof whose blocks would pay somebody else; one of source koii pays nobody and stays as it is. */
export function withPayout(text: string, payout: Uint8Array): string {
  const proof = decoded(text);
  if (proof.work.source === WORK_SOURCE.koii) return text;
  return encodeProof({ ...proof, work: { ...proof.work, payout } });
}

/**
 * A way to encode a true proof other than the only valid one (docs/PROTOCOL.md section 5). Up to 512 bytes pass the
 * SDK and the ledger.
 */
interface Malformation {
  readonly name: string;
  readonly of: (proof: string) => string;
}

const COMMON: readonly Malformation[] = [
  { name: '513 bytes', of: (proof) => proof.padEnd(513, 'A') },
  { name: 'padding', of: (proof) => `${proof}=` },
  { name: 'a trailing byte', of: (proof) => edited(proof, (bytes) => [...bytes, 0]) },
  // It needs two shares on a segment.
  { name: 'shares out of order', of: reordered },
  { name: 'an unknown version', of: (proof) => edited(proof, ([, ...rest]) => [0x20, ...rest]) },
  {
    name: 'the other source in its first byte',
    of: (proof) => edited(proof, ([first, ...rest]) => [first! ^ 1, ...rest]),
  },
  {
    name: 'no shares',
    of: (proof) =>
      edited(proof, (bytes) => {
        const [first, , ...rest] = headOf(bytes);
        return [first!, 1, ...rest, 0];
      }),
  },
  {
    name: 'a wrong count',
    of: (proof) =>
      edited(proof, (bytes) => {
        const head = headOf(bytes);
        const [count, ...rest] = bytes.slice(head.length);
        return [...head, count! + 1, ...rest];
      }),
  },
  { name: "base64's other alphabet", of: (proof) => `+/${proof.slice(2)}` },
  { name: 'a line break', of: (proof) => `${proof}\n` },
  { name: 'prose', of: () => 'trust me: 10 TH/s \u{1F91D}' },
];

/** After the payout and a segment, in a proof of source bitcoin. */
const FIRST_COUNT_AT = 2 + 20 + 44;

const OF_SEGMENTS: readonly Malformation[] = [
  {
    // It needs two segments.
    name: 'segments swapped',
    of: restructured(({ segments, attempts }) => ({
      segments: [...segments].reverse(),
      attempts: [...attempts].reverse(),
    })),
  },
  {
    name: 'a segment twice',
    of: restructured(({ segments: [first], attempts }) => ({
      segments: [first!, first!],
      attempts: parts(attempts.flat(), 2),
    })),
  },
  {
    name: 'a height of 0',
    of: restructured(({ segments: [first, ...others], attempts }) => ({
      segments: [{ ...first!, height: 0 }, ...others],
      attempts,
    })),
  },
  {
    name: 'a height of 2^31',
    of: restructured(({ segments, attempts }) => ({
      segments: [...segments.slice(0, -1), { ...segments.at(-1)!, height: 2 ** 31 }],
      attempts,
    })),
  },
  {
    name: 'a segment without shares',
    of: restructured(({ segments: [first, second], attempts }) => ({
      segments: [first!, second ?? { ...first!, height: 2 ** 31 - 1 }],
      attempts: [attempts.flat(), []],
    })),
  },
  {
    name: 'three segments',
    of: restructured(({ segments: [first], attempts }) => ({
      segments: [0, 1, 2].map((more) => ({ ...first!, height: first!.height + more })),
      // A segment takes as much room as four shares.
      attempts: parts(attempts.flat().slice(0, K[WORK_SOURCE.bitcoin] - 4), 3),
    })),
  },
];

/** For each work source, its own first. */
export const MALFORMATIONS: Readonly<Record<WorkSourceId, readonly Malformation[]>> = {
  [WORK_SOURCE.koii]: COMMON,
  [WORK_SOURCE.bitcoin]: [...OF_SEGMENTS, ...COMMON],
};

function edited(proof: string, edit: (bytes: number[]) => number[]): string {
  return Buffer.from(edit([...Buffer.from(proof, 'base64url')])).toString('base64url');
}

/** Everything before the first count. */
function headOf(bytes: readonly number[]): number[] {
  const isKoii = (bytes[0]! & 1) === WORK_SOURCE.koii;
  return bytes.slice(0, isKoii ? 2 : FIRST_COUNT_AT);
}

function reordered(text: string): string {
  const proof = decoded(text);
  const attempts = proof.attempts.map((each) => [...each].reverse());
  return encodeProof({ ...proof, attempts });
}

interface Segmented {
  readonly segments: readonly Segment[];
  readonly attempts: Attempt[][];
}

/** Replaces the segments of a proof of source bitcoin. */
function restructured(change: (of: Segmented) => Segmented): (text: string) => string {
  return (text) => {
    const { work, attempts } = decoded(text);
    if (work.source === WORK_SOURCE.koii) throw new RangeError('expected a proof of segments');
    const changed = change({ segments: work.segments, attempts });
    const { segments } = changed;
    return encodeProof({ work: { ...work, segments }, attempts: changed.attempts });
  };
}

/** Splits into this many parts, none of them empty. */
function parts(attempts: readonly Attempt[], count: number): Attempt[][] {
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [i, i + 1].map((at) => Math.floor((at * attempts.length) / count));
    return attempts.slice(from, Math.max(to!, from! + 1));
  });
}

function decoded(text: string): Proof {
  const found = decodeProof(text);
  if ('reason' in found) throw new RangeError(`expected a valid proof: ${found.reason}`);
  return found.proof;
}

function randomAttempt(): Attempt {
  return unpackAttempt(randomBytes(ATTEMPT_SIZE));
}
