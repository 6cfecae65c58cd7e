/** The parts of a round. `settled`: both windows are over, the lists of the round are resolved. */
export type PhaseName = 'submission' | 'audit' | 'settled';

export interface Phase {
  readonly round: number;
  readonly name: PhaseName;
  /** First slot after the phase. */
  readonly endSlot: number;
}

/** The lengths of a round and its windows, in slots, and the slot at which round 0 starts. */
export interface RoundTimes {
  readonly startingSlot: number;
  readonly roundTime: number;
  readonly submissionWindow: number;
  readonly auditWindow: number;
}

/**
 * Tells which round and window a slot is in. Windows are half-open: the slot at which one ends belongs to the next.
 * Round c holds the windows for the submissions of round c-1 and for the distribution list of round c-2.
 */
export class Schedule {
  constructor(readonly times: RoundTimes) {}

  roundAt(slot: number): number {
    return Math.floor((slot - this.times.startingSlot) / this.times.roundTime);
  }

  startOf(round: number): number {
    return this.times.startingSlot + round * this.times.roundTime;
  }

  /** First slot of this round's audit window; the submission window ends there. */
  auditStartOf(round: number): number {
    return this.startOf(round) + this.times.submissionWindow;
  }

  /** First slot after both windows of this round. */
  settlementOf(round: number): number {
    return this.auditStartOf(round) + this.times.auditWindow;
  }

  phaseAt(slot: number): Phase {
    const round = this.roundAt(slot);
    if (slot < this.auditStartOf(round)) {
      return { round, name: 'submission', endSlot: this.auditStartOf(round) };
    }
    if (slot < this.settlementOf(round)) {
      return { round, name: 'audit', endSlot: this.settlementOf(round) };
    }
    return { round, name: 'settled', endSlot: this.startOf(round + 1) };
  }
}
