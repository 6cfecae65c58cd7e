import { PROOF_RULES, type ProofRules } from '../consensus';
import { inTurns } from '../process/event-loop';
import { decodeProof } from '../proof/codec';
import { verifyProof, type Verdict } from '../proof/verify';
import { decodeKey } from '../work/identity';
import type { Submissions } from '../work/seed';
import { READINGS_APART_MS, type Seeds } from './seeds';

/** A proof as it was submitted. */
export interface SubmittedProof {
  /** base58 public key */
  submitter: string;
  proof: string;
}

/** Valid proofs of this many other nodes prove a seed: shares on it can only be found by hashing on it. */
const PROVING_NODES = 2;
/** The part of the time left for a verdict that may be spent waiting before the chain is read again. */
const WAITED_PART = 1 / 4;

/** What an audit asks the chain when it doubts a seed. */
export interface AuditChain {
  /** What a round submitted. */
  submissions(round: number): Promise<Submissions>;
  /** How long a verdict is still of use: until the current audit window is over. */
  leftMs(): Promise<number>;
}

/** Judges the proofs of other nodes, and this node's own as others would (docs/PROTOCOL.md sections 3 and 7). */
export class Auditor {
  constructor(
    private readonly taskId: Uint8Array,
    private readonly seeds: Seeds,
    /** This node's key, base58: its own proof doesn't help to prove a seed. */
    private readonly self: string,
    private readonly rules: ProofRules = PROOF_RULES,
  ) {}

  /**
   * Judges one proof. If it is invalid under a seed that is in doubt, all proofs of the round are judged and the chain
   * is read again.
   * @param chain without it nothing more is asked or waited for
   * @throws when this node lacks the round's seed or still doubts it: then it has no vote.
   */
  async audit(round: number, submitted: SubmittedProof, chain?: AuditChain): Promise<Verdict> {
    const verdict = await this.verdictOn(round, submitted);
    if (!isDoubtful(submitted, verdict) || (await this.seeds.isSure(round))) return verdict;
    const others = chain ? proofsOf(await chain.submissions(round)) : [];
    await this.auditAll(round, [...others, submitted], await chain?.leftMs());
    return this.verdictOn(round, submitted);
  }

  /**
   * Judges the proofs of a round, in order. No honest node may suffer because this node got the seed wrong: unless the
   * proofs of two others prove the seed, it is read twice before it makes a proof invalid.
   * @param leftMs how long the verdicts are still of use; undefined to wait for nothing
   * @throws when this node lacks the round's seed or still doubts it.
   */
  async auditAll(
    round: number,
    submitted: readonly SubmittedProof[],
    leftMs?: number,
  ): Promise<Verdict[]> {
    if (submitted.length === 0) return [];
    const seed = await this.seeds.of(round);
    const verdicts = await this.judge(round, seed, submitted);
    const isDoubted = submitted.some((proof, i) => isDoubtful(proof, verdicts[i]!));
    if (!isDoubted || (await this.seeds.isSure(round))) return verdicts;
    const mayWait = leftMs !== undefined;
    const apartMs = Math.min(READINGS_APART_MS, Math.max(0, (leftMs ?? Infinity) * WAITED_PART));
    const sure = await this.seeds.sure(round, apartMs, mayWait);
    return sure.equals(seed) ? verdicts : this.judge(round, sure, submitted);
  }

  private async verdictOn(round: number, submitted: SubmittedProof): Promise<Verdict> {
    return (await this.verifyAll(round, await this.seeds.of(round), [submitted]))[0]!;
  }

  /** Verifies proofs, and records it if they prove the seed. */
  private async judge(
    round: number,
    seed: Uint8Array,
    submitted: readonly SubmittedProof[],
  ): Promise<Verdict[]> {
    const verdicts = await this.verifyAll(round, seed, submitted);
    const proving = new Set(
      submitted.filter((_, i) => verdicts[i]!.valid).map(({ submitter }) => submitter),
    );
    proving.delete(this.self);
    if (proving.size >= PROVING_NODES) await this.seeds.prove(round, seed);
    return verdicts;
  }

  private async verifyAll(
    round: number,
    seed: Uint8Array,
    submitted: readonly SubmittedProof[],
  ): Promise<Verdict[]> {
    const of = { taskId: this.taskId, round, seed };
    const verdicts: Verdict[] = [];
    for await (const { submitter, proof } of inTurns(submitted)) {
      verdicts.push(verifyProof(proof, decodeKey(submitter), of, this.rules));
    }
    return verdicts;
  }
}

/** A round's submissions as a list, in their order. */
export function proofsOf(submissions: Submissions): SubmittedProof[] {
  return Object.entries(submissions).map(([submitter, proof]) => ({ submitter, proof }));
}

/** Whether another seed might give another verdict. What can't be decoded is no proof under any seed. */
function isDoubtful({ proof }: SubmittedProof, { valid }: Verdict): boolean {
  return !valid && 'proof' in decodeProof(proof);
}
