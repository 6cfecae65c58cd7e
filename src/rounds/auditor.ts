import { decodeProof } from '../proof/codec';
import { verifyProof, type Verdict } from '../proof/verify';
import { decodeKey, koiiWork } from '../template/koii';
import { inTurns } from './in-turns';
import type { Seeds } from './seeds';

/** A proof as it was submitted. */
export interface SubmittedProof {
  /** base58 public key */
  submitter: string;
  proof: string;
}

/** Whether two or more nodes other than `self` submitted what can be read as a proof. */
export function severalReadable(submitted: readonly SubmittedProof[], self: string): boolean {
  let readable = 0;
  for (const { submitter, proof } of submitted) {
    if (submitter !== self && 'proof' in decodeProof(proof)) readable++;
    if (readable > 1) return true;
  }
  return false;
}

/** Judges the proofs of other nodes, and its own as others would. */
export class Auditor {
  /** The round and seed last proven right, so that many audits of a round prove it once. */
  private provenSeed: string | undefined;

  constructor(
    private readonly taskId: Uint8Array,
    private readonly seeds: Seeds,
  ) {}

  /**
   * Judges one proof.
   * @throws when this node lacks the round's seed: then it has no vote.
   */
  async audit(round: number, submitted: SubmittedProof): Promise<Verdict> {
    return (await this.auditAll(round, [submitted]))[0]!;
  }

  /**
   * Judges proofs of one round, in their order. Before any is called invalid the seed is confirmed
   * with the chain: no honest node is to suffer from a seed that this node got wrong.
   * @throws when this node lacks the round's seed.
   */
  async auditAll(round: number, submitted: readonly SubmittedProof[]): Promise<Verdict[]> {
    const seed = await this.seeds.of(round);
    const verdicts = await this.verifyAll(round, seed, submitted);
    if (verdicts.every(({ valid }) => valid)) return verdicts;
    const confirmed = await this.seeds.confirm(round);
    return confirmed.equals(seed) ? verdicts : this.verifyAll(round, confirmed, submitted);
  }

  /**
   * Whether one of these proofs, all of other nodes, is valid: then this node's seed of the round is
   * right, for nobody finds shares on a seed but by hashing on it.
   * @throws when this node lacks the round's seed.
   */
  async provesSeed(round: number, submitted: readonly SubmittedProof[]): Promise<boolean> {
    const seed = await this.seeds.of(round);
    const proven = `${round} ${seed.toString('hex')}`;
    if (this.provenSeed === proven) return true;
    for await (const { valid } of this.verify(round, seed, submitted)) {
      if (!valid) continue;
      this.provenSeed = proven;
      return true;
    }
    return false;
  }

  private async verifyAll(
    round: number,
    seed: Uint8Array,
    submitted: readonly SubmittedProof[],
  ): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    for await (const verdict of this.verify(round, seed, submitted)) verdicts.push(verdict);
    return verdicts;
  }

  private async *verify(
    round: number,
    seed: Uint8Array,
    submitted: readonly SubmittedProof[],
  ): AsyncGenerator<Verdict> {
    const work = koiiWork(this.taskId, round, seed);
    for await (const { submitter, proof } of inTurns(submitted)) {
      yield verifyProof(proof, decodeKey(submitter), work);
    }
  }
}
