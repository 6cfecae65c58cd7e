/** Accepted shares remembered of a round; the oldest give way. */
const MAX_KNOWN = 65_536;

/** A share that was accepted, as far as a repeat of it has to be told. */
export interface KnownShare {
  submissionId: string;
  workerId: string;
  /** Canonical bytes of its attempt, as text. */
  key: string;
  hashValue: bigint;
  best: boolean;
}

/** The accepted shares of one round, by their submission ids and by what was hashed. */
export class KnownShares {
  private readonly byId = new Map<string, KnownShare>();
  private readonly byKey = new Map<string, KnownShare>();

  withId(submissionId: string): KnownShare | undefined {
    return this.byId.get(submissionId);
  }

  withKey(key: string): KnownShare | undefined {
    return this.byKey.get(key);
  }

  add(share: KnownShare): void {
    this.byId.set(share.submissionId, share);
    this.byKey.set(share.key, share);
    if (this.byId.size <= MAX_KNOWN) return;
    const oldest = this.byId.values().next().value!;
    this.byId.delete(oldest.submissionId);
    this.byKey.delete(oldest.key);
  }
}
