import { K, MAX_SEGMENTS } from '../../../src/consensus';
import { decodeProof, encodeProof } from '../../../src/proof/codec';
import { verifyProof } from '../../../src/proof/verify';
import { ATTEMPT_SIZE, packAttempt } from '../../../src/work/attempt';
import { judgeOf, vectors } from '../../../tests/fixtures/proofs';
import { structuredProof } from '../../../tests/fixtures/structured-proofs';
import type { Random } from '../../../simulator/random';
import { mutateBytes, mutateText } from '../mutate';
import { must, type FuzzTarget } from '../target';

/** docs/PROTOCOL.md section 5. */
const MAX_LENGTH = 496;
const judged = vectors.map((vector) => ({ vector, ...judgeOf(vector) }));
const proofs = vectors.map(({ proof }) => Buffer.from(proof, 'base64url'));
const shares = vectors.flatMap(({ proof }) => {
  const decoded = decodeProof(proof);
  return 'proof' in decoded ? decoded.proof.attempts.flat().map(packAttempt) : [];
});

/** Proofs on chain: anybody can put any string there. */
export const decoder: FuzzTarget = {
  name: 'decoder',
  cost: 1,

  generate(random: Random): string {
    if (random.chance(0.05)) return random.bytes(random.below(600)).toString('latin1');
    if (random.chance(0.05)) return random.bytes(random.below(400)).toString('base64url');
    // At least a third of all inputs decode (tests/fuzz/decoder.test.ts): only those get as far as the hashing.
    if (random.chance(0.6)) return structuredProof(random, shares);
    let bytes: Buffer = random.pick(proofs);
    for (let changes = random.below(4); changes >= 0; changes--) {
      bytes = mutateBytes(random, bytes, ATTEMPT_SIZE);
    }
    const text = bytes.toString('base64url');
    return random.chance(0.2) ? mutateText(random, text) : text;
  },

  check(text: string): void {
    const decoded = decodeProof(text);
    if ('reason' in decoded) {
      must(decoded.reason.length > 0, 'no reason is given');
      return;
    }
    const { proof } = decoded;
    must(encodeProof(proof) === text, 'another text is the encoding of this proof');
    must(text.length <= MAX_LENGTH, 'longer than a submission may be');
    const { source } = proof.work;
    const counts = proof.attempts.map(({ length }) => length);
    must(
      !counts.includes(0) && counts.length <= MAX_SEGMENTS[source],
      `${counts.join('+')} shares`,
    );
    const total = proof.attempts.flat().length;
    must(total >= 1 && total <= K[source], `${total} shares`);
    for (const { vector, submitter, of, rules } of judged) {
      const verdict = verifyProof(text, submitter, of, rules);
      if (!verdict.valid) continue;
      must(verdict.shares === total, 'the verdict counts other shares');
      must(verdict.source === source, 'the verdict names another source');
      // Changing a proof without hashing can at best leave shares out.
      must(verdict.hashes <= BigInt(vector.hashes), 'it proves more than the proof it was made of');
    }
  },
};
