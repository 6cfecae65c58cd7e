/** Claims kept: apart from the shares, so that no number of them pushes one out. */
const RECENT_CLAIMS = 50;

/** A hash that somebody says was found, without what gives it. */
export interface Claim {
  round: number;
  workerId: string;
  submissionId: string;
  /** As Bitcoin shows it. */
  hash: string;
  /** What it is said to have; the hash as it stands has no less. */
  difficulty: number;
}

export interface KeptClaim extends Claim {
  /** The place of the newest share in the log when it came. */
  behind: number;
  /** When it came by this machine's clock, in ms since 1970. */
  at: number;
}

/**
 * What was claimed since the process started, and of that the newest claims. They prove nothing and cost nothing,
 * so they cost this node no write and no line of its log.
 */
export class Claims {
  /** By what they say; the oldest comes first. */
  private readonly kept = new Map<string, KeptClaim>();
  private taken = 0;

  /** Different ones, as far as they are remembered. */
  get count(): number {
    return this.taken;
  }

  /** The newest, newest first, of one round or of all; 50 at most. */
  recent(round?: number): KeptClaim[] {
    const claims = [...this.kept.values()].reverse();
    return round === undefined ? claims : claims.filter((claim) => claim.round === round);
  }

  /** Whether it is among the newest already. */
  has(claim: Claim): boolean {
    return this.kept.has(keyOf(claim));
  }

  /** Takes in one that is not there. @param behind the place of the newest share in the log */
  add(claim: Claim, behind: number): void {
    this.taken++;
    this.kept.set(keyOf(claim), { ...claim, behind, at: Date.now() });
    if (this.kept.size > RECENT_CLAIMS) this.kept.delete(this.kept.keys().next().value!);
  }
}

function keyOf({ round, workerId, submissionId, hash, difficulty }: Claim): string {
  return [round, workerId, submissionId, hash, difficulty].join(' ');
}
