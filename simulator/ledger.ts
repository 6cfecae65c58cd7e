import { castVote, isVotedDown, type Audit } from './audits';
import { LedgerError } from './ledger-error';
import { Schedule, type PhaseName, type RoundTimes } from './schedule';

/** K2 keeps a submission's value in 512 bytes. */
export const MAX_SUBMISSION_BYTES = 512;

export interface LedgerRules extends RoundTimes {
  /** ROE. */
  readonly bountyPerRound: number;
  /** How many lists of one round may be voted out; also the number of rounds whose submissions are kept. */
  readonly allowedFailedDistributions: number;
}

export interface Submission {
  readonly value: string;
  readonly slot: number;
}

/** Public key to ROE; negative amounts are taken from the stake. */
export type Amounts = Readonly<Record<string, number>>;

export type ListOutcome = 'pending' | 'accepted' | 'voted out' | 'not used';

export interface DistributionList {
  readonly submitter: string;
  readonly slot: number;
  /** The round in whose windows it was submitted: two after its own, or later for one that was made again. */
  readonly submittedInRound: number;
  readonly amounts: Amounts;
  outcome: ListOutcome;
}

export type PayoutStatus = 'Uninitialized' | 'PayoutSuccessful' | 'PayoutFailed';

export interface RoundRecord {
  readonly submissions: Map<string, Submission>;
  readonly submissionAudits: Map<string, Audit>;
  /** Lists by submitter, uploaded and not yet submitted. */
  readonly uploads: Map<string, Amounts>;
  readonly lists: Map<string, DistributionList>;
  readonly listAudits: Map<string, Audit>;
  payoutStatus: PayoutStatus;
  failedDistributions: number;
  /** What was really paid and taken, ROE. */
  payouts: Amounts;
}

/**
 * One task's account on K2, as a state machine in slots: no input, no output, no clock of its own.
 * Time moves by advance(); every transaction happens at the slot reached so far.
 */
export class Ledger {
  readonly schedule: Schedule;
  readonly stakes: Map<string, number>;
  readonly balances = new Map<string, number>();
  readonly #rounds = new Map<number, RoundRecord>();
  #slot: number;

  constructor(
    readonly rules: LedgerRules,
    stakes: Iterable<readonly [string, number]>,
  ) {
    this.schedule = new Schedule(rules);
    this.stakes = new Map(stakes);
    this.#slot = rules.startingSlot;
  }

  get slot(): number {
    return this.#slot;
  }

  get currentRound(): number {
    return this.schedule.roundAt(this.#slot);
  }

  /** Moves to a slot, never back, and resolves the lists whose audit window has ended by then. */
  advance(slot: number): void {
    this.#slot = Math.max(this.#slot, slot);
    for (const record of this.#rounds.values()) {
      this.#resolveLists(record);
    }
  }

  /** Everything that happened in a round, also when it is too old for the tasks to see. Undefined when nothing did. */
  record(round: number): Readonly<RoundRecord> | undefined {
    return this.#rounds.get(round);
  }

  /** Whether the tasks still see the submissions of the round. */
  retains(round: number): boolean {
    return this.#retainedIn(round, this.currentRound);
  }

  /** The submission of a round is taken in the next round's submission window, once; the same value again is no fault. */
  submit(submitter: string, round: number, value: string): void {
    this.#requireStake(submitter);
    this.#requireWindow('submission', round + 1, `submission of round ${round}`);
    const bytes = Buffer.byteLength(value);
    if (bytes > MAX_SUBMISSION_BYTES) {
      throw new LedgerError(`a submission has at most ${MAX_SUBMISSION_BYTES} bytes, not ${bytes}`);
    }
    const { submissions } = this.#open(round);
    const earlier = submissions.get(submitter);
    if (earlier !== undefined && earlier.value !== value) {
      throw new LedgerError(`${submitter} has already submitted for round ${round}`);
    }
    if (earlier === undefined) submissions.set(submitter, { value, slot: this.#slot });
  }

  /** A vote on a submission, in the audit window after its submission window. The first one opens the audit. */
  voteOnSubmission(voter: string, candidate: string, round: number, isValid: boolean): void {
    this.#requireStake(voter);
    this.#requireWindow('audit', round + 1, `audit of a submission of round ${round}`);
    const record = this.#rounds.get(round);
    if (!record?.submissions.has(candidate)) {
      throw new LedgerError(`${candidate} has no submission in round ${round}`);
    }
    castVote(record.submissionAudits, candidate, { voter, isValid, slot: this.#slot });
  }

  /**
   * Stores a list for a later submitList by the same key. At any time, and again to replace it.
   * @throws LedgerError unless all amounts are integers whose positive part is at most the round's bounty
   */
  uploadList(submitter: string, round: number, amounts: Amounts): void {
    this.#requireStake(submitter);
    let paid = 0;
    for (const [key, amount] of Object.entries(amounts)) {
      if (!Number.isSafeInteger(amount)) {
        throw new LedgerError(`the amount of ${key} isn't an integer: ${amount}`);
      }
      paid += Math.max(0, amount);
    }
    if (paid > this.rules.bountyPerRound) {
      throw new LedgerError(`the list pays ${paid} ROE of ${this.rules.bountyPerRound}`);
    }
    this.#open(round).uploads.set(submitter, { ...amounts });
  }

  /** Puts an uploaded list on chain, in the submission window two rounds after its round, or when it is to be made again. */
  submitList(submitter: string, round: number): void {
    this.#requireStake(submitter);
    const submittedInRound = this.currentRound;
    if (!this.#takesLists(round, submittedInRound)) {
      throw new LedgerError(
        `no distribution list of round ${round} is due in round ${submittedInRound}`,
      );
    }
    this.#requireWindow('submission', submittedInRound, `distribution list of round ${round}`);
    const record = this.#open(round);
    const amounts = record.uploads.get(submitter);
    if (amounts === undefined) {
      throw new LedgerError(`${submitter} has uploaded no distribution list of round ${round}`);
    }
    const earlier = record.lists.get(submitter);
    if (earlier !== undefined) {
      if (JSON.stringify(earlier.amounts) === JSON.stringify(amounts)) return;
      throw new LedgerError(`${submitter} has already submitted a list of round ${round}`);
    }
    record.lists.set(submitter, {
      submitter,
      slot: this.#slot,
      submittedInRound,
      amounts,
      outcome: 'pending',
    });
  }

  /** A vote on a distribution list, in the audit window of the round in which lists of that round are due. */
  voteOnList(voter: string, candidate: string, round: number, isValid: boolean): void {
    this.#requireStake(voter);
    const record = this.#rounds.get(round);
    const list = record?.lists.get(candidate);
    if (record === undefined || list === undefined) {
      throw new LedgerError(`${candidate} has no distribution list of round ${round}`);
    }
    this.#requireWindow(
      'audit',
      list.submittedInRound,
      `audit of the distribution list of round ${round}`,
    );
    castVote(record.listAudits, candidate, { voter, isValid, slot: this.#slot });
  }

  /** The rounds whose list is to be made in the current round: two rounds ago, and older ones that were voted out. */
  roundsDueForLists(): number[] {
    const current = this.currentRound;
    const recorded = [...this.#rounds.keys()].filter((round) => round !== current - 2);
    return [current - 2, ...recorded]
      .filter((round) => round >= 0 && this.#takesLists(round, current))
      .sort((a, b) => b - a);
  }

  /** Whether a list of this round was voted out in the round before the current one. */
  wasVotedOutLately(round: number): boolean {
    const lists = [...(this.#rounds.get(round)?.lists.values() ?? [])];
    return lists.some(
      (list) => list.outcome === 'voted out' && list.submittedInRound === this.currentRound - 1,
    );
  }

  /** Whether the round's distribution is over, one way or the other: paid, or no list can be accepted any more. */
  isClosed(round: number): boolean {
    if (this.#rounds.get(round)?.payoutStatus === 'PayoutSuccessful') return true;
    const current = this.currentRound;
    const settled = this.#slot >= this.schedule.settlementOf(current);
    const nextChance = Math.max(round + 2, settled ? current + 1 : current);
    return !this.#takesLists(round, nextChance);
  }

  #takesLists(round: number, inRound: number): boolean {
    if (inRound === round + 2) return true;
    const record = this.#rounds.get(round);
    return (
      inRound > round + 2 &&
      record?.payoutStatus === 'PayoutFailed' &&
      record.failedDistributions < this.rules.allowedFailedDistributions &&
      this.#retainedIn(round, inRound)
    );
  }

  #retainedIn(round: number, inRound: number): boolean {
    return round > inRound - this.rules.allowedFailedDistributions;
  }

  #open(round: number): RoundRecord {
    let record = this.#rounds.get(round);
    if (record === undefined) {
      record = {
        submissions: new Map(),
        submissionAudits: new Map(),
        uploads: new Map(),
        lists: new Map(),
        listAudits: new Map(),
        payoutStatus: 'Uninitialized',
        failedDistributions: 0,
        payouts: {},
      };
      this.#rounds.set(round, record);
    }
    return record;
  }

  #requireStake(key: string): void {
    if ((this.stakes.get(key) ?? 0) <= 0) throw new LedgerError(`${key} has no stake`);
  }

  #requireWindow(name: PhaseName, inRound: number, what: string): void {
    const phase = this.schedule.phaseAt(this.#slot);
    if (phase.round !== inRound || phase.name !== name) {
      throw new LedgerError(
        `${what}: expected in the ${name} window of round ${inRound}, came at slot ${this.#slot} (${phase.name}, round ${phase.round})`,
      );
    }
  }

  #resolveLists(record: RoundRecord): void {
    const due = [...record.lists.values()].filter(
      (list) =>
        list.outcome === 'pending' &&
        this.#slot >= this.schedule.settlementOf(list.submittedInRound),
    );
    // Submission order: of several lists that stand, the first is paid.
    for (const list of due) {
      if (isVotedDown(record.listAudits.get(list.submitter))) {
        list.outcome = 'voted out';
      } else if (record.payoutStatus === 'PayoutSuccessful') {
        list.outcome = 'not used';
      } else {
        list.outcome = 'accepted';
        record.payoutStatus = 'PayoutSuccessful';
        record.payouts = this.#pay(list.amounts);
      }
    }
    if (due.length > 0 && record.payoutStatus !== 'PayoutSuccessful') {
      record.payoutStatus = 'PayoutFailed';
      record.failedDistributions++;
    }
  }

  #pay(amounts: Amounts): Amounts {
    const payouts: Record<string, number> = {};
    for (const [key, amount] of Object.entries(amounts)) {
      if (amount >= 0) {
        if (amount > 0) this.balances.set(key, (this.balances.get(key) ?? 0) + amount);
        payouts[key] = amount;
      } else {
        const stake = this.stakes.get(key) ?? 0;
        const taken = Math.min(stake, -amount);
        if (taken > 0) this.stakes.set(key, stake - taken);
        payouts[key] = taken === 0 ? 0 : -taken;
      }
    }
    return payouts;
  }
}
