import { randomBytes } from 'node:crypto';
import { EXTRANONCE_SIZE, K, WORK_SOURCE } from '../src/consensus';
import { decodeProof, encodeProof, type Proof } from '../src/proof/codec';
import { composeProof } from '../src/proof/compose';
import { shareOf, type Share } from '../src/proof/share';
import type { Attempt } from '../src/work/attempt';
import type { Template } from '../src/work/segment';

// False proofs, each with one fault, so that it is this fault an audit must find.

/** A well-formed proof of 28 shares that nobody mined. */
export function randomProof(): string {
  const attempts = Array.from({ length: K }, randomAttempt);
  return encodeProof({ source: WORK_SOURCE.koii, segments: [{ ref: undefined, attempts }] });
}

/** The proof of real shares with others, from above the floor, added up to a full proof, all in order. */
export function withSharesAboveFloor(template: Template, shares: readonly Share[]): string {
  const added = Array.from({ length: K - shares.length }, () => shareOf(template, randomAttempt()));
  return proofOf(
    [...shares.slice(0, K - 1), ...added, shareOf(template, randomAttempt())].slice(0, K),
  );
}

/** The proof of real shares with the lowest repeated up to a full proof; undefined without a share. */
export function withRepeatedShare(shares: readonly Share[]): string | undefined {
  const [lowest] = shares;
  if (lowest === undefined) return undefined;
  const others = shares.slice(1, K - 1);
  return proofOf([...Array.from({ length: K - others.length }, () => lowest), ...others]);
}

/** A true proof of only some of the shares. */
export function proofOf(shares: readonly Share[]): string {
  return encodeProof(composeProof(WORK_SOURCE.koii, [undefined], shares));
}

/**
 * Ways to write a true proof that are not the one valid way (docs/PROTOCOL.md section 5). Those of at most 512 bytes
 * pass the SDK and the ledger; the reordering needs two shares.
 */
export const MALFORMATIONS: readonly {
  readonly name: string;
  readonly of: (proof: string) => string;
}[] = [
  { name: 'padding', of: (proof) => `${proof}=` },
  { name: 'a trailing byte', of: (proof) => edited(proof, (bytes) => [...bytes, 0]) },
  { name: 'shares out of order', of: reordered },
  { name: '513 bytes', of: (proof) => proof.padEnd(513, 'A') },
  { name: 'an unknown version', of: (proof) => edited(proof, ([, ...rest]) => [0x20, ...rest]) },
  { name: 'no shares', of: (proof) => edited(proof, ([first]) => [first!, 1, 0]) },
  {
    name: 'a wrong count',
    of: (proof) => edited(proof, ([a, b, n, ...rest]) => [a!, b!, n! + 1, ...rest]),
  },
  { name: "base64's other alphabet", of: (proof) => `+/${proof.slice(2)}` },
  { name: 'a line break', of: (proof) => `${proof}\n` },
  { name: 'prose', of: () => 'trust me: 10 TH/s \u{1F91D}' },
];

function edited(proof: string, edit: (bytes: number[]) => number[]): string {
  return Buffer.from(edit([...Buffer.from(proof, 'base64url')])).toString('base64url');
}

function reordered(text: string): string {
  const decoded = decodeProof(text);
  if ('reason' in decoded) throw new RangeError(`expected a valid proof: ${decoded.reason}`);
  const segments = decoded.proof.segments.map(({ ref, attempts }) => ({
    ref,
    attempts: [...attempts].reverse(),
  }));
  const proof: Proof = { ...decoded.proof, segments };
  return encodeProof(proof);
}

function randomAttempt(): Attempt {
  const bytes = randomBytes(EXTRANONCE_SIZE + 4);
  return {
    extranonce: bytes.subarray(0, EXTRANONCE_SIZE),
    versionBits: 0,
    nonce: bytes.readUInt32LE(EXTRANONCE_SIZE),
  };
}
