import { decodeProof } from '../../src/proof/codec';
import { shareOf } from '../../src/proof/shares';
import { packAttempt } from '../../src/work/attempt';
import { workOf } from '../worker/node-api';
import type { Acknowledged, RigEvent } from './rig';
import type { Shown } from './rigs';

/** How honest rigs fared with a node. */
export interface Mined {
  readonly acknowledged: number;
  /** How many of them are in the proofs on the ledger. */
  readonly inProofs: number;
  readonly late: number;
  /** How often, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly forgotten: Readonly<Record<string, number>>;
  readonly stolen: Readonly<Record<string, number>>;
  /** Acknowledged and better than a share of the round's proof, but not in it. */
  readonly missing: number;
  /** The lowest fraction of valid shares that GET /audit showed, while there was a choice; 1 is all. */
  readonly leastShown: number;
}

/** Records what happens to the rigs' shares. */
export class RigJournal {
  private readonly shares: Acknowledged[] = [];
  private readonly counts = { refused: {}, forgotten: {}, stolen: {} } satisfies Record<
    string,
    Record<string, number>
  >;
  private late = 0;
  private leastShown = 1;

  note(event: RigEvent | Shown): void {
    switch (event.type) {
      case 'acknowledged':
        this.shares.push(event);
        break;
      case 'late':
        this.late++;
        break;
      case 'shown':
        this.look(event);
        break;
      default: {
        const of: Record<string, number> = this.counts[event.type];
        of[event.how] = (of[event.how] ?? 0) + 1;
      }
    }
  }

  /** @param proofs by round, as on the ledger */
  mined(proofs: ReadonlyMap<number, string>): Mined {
    const found = [...proofs].map(([round, proof]) =>
      find(
        proof,
        this.shares.filter((share) => share.round === round),
      ),
    );
    const sum = (of: 'inProof' | 'missing'): number =>
      found.reduce((total, each) => total + each[of], 0);
    return {
      ...this.counts,
      acknowledged: this.shares.length,
      late: this.late,
      leastShown: this.leastShown,
      inProofs: sum('inProof'),
      missing: sum('missing'),
    };
  }

  private look({ valid, invalid }: Shown): void {
    // Until there are enough valid ones to fill half of what is shown, invalid ones take their place.
    if (this.shares.length < valid + invalid) return;
    this.leastShown = Math.min(this.leastShown, valid / (valid + invalid));
  }
}

/**
 * Looks for acknowledged shares of a round in its proof.
 * @returns how many it contains, and how many are missing that are better than one it contains
 */
export function find(
  proof: string,
  acknowledged: readonly Acknowledged[],
): { inProof: number; missing: number } {
  const decoded = decodeProof(proof);
  if ('reason' in decoded) throw new Error(`a proof on the ledger is none: ${decoded.reason}`);
  const [first] = acknowledged;
  if (!first) return { inProof: 0, missing: 0 };
  // The work of one node and round differs only in the extranonce, which attempts hold.
  const { template } = workOf(JSON.parse(first.task));
  const attempts = decoded.proof.attempts.flat();
  const proven = new Set(attempts.map((attempt) => packAttempt(attempt).toString('hex')));
  const worst = attempts
    .map((attempt) => shareOf(template, attempt).hashValue)
    .reduce((highest, value) => (value > highest ? value : highest), 0n);
  const isProven = ({ attempt }: Acknowledged): boolean => proven.has(attempt);
  return {
    inProof: acknowledged.filter(isProven).length,
    missing: acknowledged.filter(
      (share) => !isProven(share) && BigInt(`0x${share.body.hash}`) < worst,
    ).length,
  };
}
