import { castVote, type Audit } from './audits';
import {
  amountsOf,
  emptyLists,
  nameList,
  settleLists,
  writeAccount,
  type DistributionList,
  type RoundLists,
} from './distribution-lists';
import { Funds, type Amounts } from './funds';
import { LedgerError } from './ledger-error';
import { LEDGER_DEFAULTS, type LedgerOptions } from './ledger-options';
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

export interface RoundRecord extends RoundLists {
  readonly submissions: Map<string, Submission>;
  readonly submissionAudits: Map<string, Audit>;
}

/**
 * One task's account on K2, as a state machine in slots: no input, no output, no clock of its own.
 * Time moves by advance(); every transaction happens at the slot reached so far.
 */
export class Ledger {
  readonly schedule: Schedule;
  readonly options: LedgerOptions;
  readonly #funds: Funds;
  readonly #rounds = new Map<number, RoundRecord>();
  #slot: number;
  /** The first round whose audit window has not ended yet. */
  #unsettledRound = 0;
  #migratedTo: string | undefined;

  constructor(
    readonly rules: LedgerRules,
    stakes: Iterable<readonly [string, number]>,
    options: Partial<LedgerOptions> = {},
  ) {
    this.schedule = new Schedule(rules);
    this.options = { ...LEDGER_DEFAULTS, ...options };
    this.#funds = new Funds(stakes);
    this.#slot = rules.startingSlot;
  }

  get slot(): number {
    return this.#slot;
  }

  get currentRound(): number {
    return this.schedule.roundAt(this.#slot);
  }

  /** ROE by key. */
  get stakes(): Map<string, number> {
    return this.#funds.stakes;
  }

  /** What each key has been paid so far, ROE. */
  get balances(): ReadonlyMap<string, number> {
    return this.#funds.balances;
  }

  /** The task that replaces this one, base58; undefined if none does. */
  get migratedTo(): string | undefined {
    return this.#migratedTo;
  }

  /** Marks this task as replaced by a newer one, as its creator does to update it. Its rounds continue. */
  migrate(toTaskId: string): void {
    this.#migratedTo = toTaskId;
  }

  /** Moves forward to a slot (only a reset moves back) and settles the lists whose audit window has ended by then. */
  advance(slot: number): void {
    this.#slot = Math.max(this.#slot, slot);
    while (this.#slot >= this.schedule.settlementOf(this.#unsettledRound)) {
      this.#settle(this.#unsettledRound++);
    }
  }

  /** Starts over at a round, as after a reset of the network: all rounds are forgotten, stakes and balances stay. */
  reset(round: number): void {
    this.#slot = this.schedule.startOf(round);
    this.#rounds.clear();
    this.#unsettledRound = round;
  }

  /** Everything that happened in a round, even one too old for the tasks to see. Undefined if nothing did. */
  record(round: number): Readonly<RoundRecord> | undefined {
    return this.#rounds.get(round);
  }

  /** Whether the tasks can still see the submissions of the round. */
  retains(round: number): boolean {
    return this.#retainedIn(round, this.currentRound);
  }

  /** A round's submission is accepted in the next round's submission window; the same value again is no error. */
  submit(submitter: string, round: number, value: string): void {
    this.#requireStake(submitter);
    const { lateSubmissions, replacedSubmissions } = this.options;
    const isLate = this.#slot >= this.schedule.auditStartOf(round + 1);
    if (!(lateSubmissions && isLate && this.retains(round))) {
      this.#requireWindow(['submission'], round + 1, `submission of round ${round}`);
    }
    const bytes = Buffer.byteLength(value);
    if (bytes > MAX_SUBMISSION_BYTES) {
      throw new LedgerError(`a submission has at most ${MAX_SUBMISSION_BYTES} bytes, not ${bytes}`);
    }
    const { submissions } = this.#open(round);
    const earlier = submissions.get(submitter);
    if (earlier?.value === value) return;
    if (earlier !== undefined && !replacedSubmissions) {
      throw new LedgerError(`${submitter} has already submitted for round ${round}`);
    }
    submissions.set(submitter, { value, slot: this.#slot });
  }

  /** A vote on a submission, in the audit window after its submission window. The first one opens the audit. */
  voteOnSubmission(voter: string, candidate: string, round: number, isValid: boolean): void {
    this.#requireStake(voter);
    this.#requireWindow(['audit'], round + 1, `audit of a submission of round ${round}`);
    const record = this.#rounds.get(round);
    if (!record?.submissions.has(candidate)) {
      throw new LedgerError(`${candidate} has no submission in round ${round}`);
    }
    const vote = { voter, isValid, slot: this.#slot };
    castVote(record.submissionAudits, candidate, vote, { ownVotes: false, firstVoteFor: true });
  }

  /** Writes an account's text for a round. Only a staked key itself may write the account of its name. */
  writeAccount(writer: string, account: string, round: number, text: string): void {
    this.#requireStake(writer);
    if (account !== writer && this.stakes.has(account)) {
      throw new LedgerError(`${writer} can't write the account of ${account}`);
    }
    writeAccount(this.#open(round), account, text, this.options);
  }

  /** The text that an account holds for a round. */
  readAccount(account: string, round: number): string | undefined {
    return this.#rounds.get(round)?.accounts.get(account);
  }

  /**
   * Puts a list on chain, whatever its account holds: in the windows two rounds after its round, or when it is to be
   * made again.
   */
  nameList(maker: string, account: string, round: number): void {
    this.#requireStake(maker);
    const submittedInRound = this.currentRound;
    if (!this.#takesLists(round, submittedInRound)) {
      throw new LedgerError(
        `no distribution list of round ${round} is due in round ${submittedInRound}`,
      );
    }
    const windows: PhaseName[] = this.options.lateLists ? ['submission', 'audit'] : ['submission'];
    this.#requireWindow(windows, submittedInRound, `distribution list of round ${round}`);
    const list = { maker, account, slot: this.#slot, submittedInRound };
    nameList(this.#open(round), list, this.options);
  }

  /** A vote on a distribution list, in the audit window of the round in which lists of that round are due. */
  voteOnList(voter: string, candidate: string, round: number, isValid: boolean): void {
    this.#requireStake(voter);
    const record = this.#rounds.get(round);
    const list = record?.lists.get(candidate);
    if (record === undefined || list === undefined) {
      throw new LedgerError(`${candidate} has no distribution list of round ${round}`);
    }
    const what = `audit of the distribution list of round ${round}`;
    this.#requireWindow(['audit'], list.submittedInRound, what);
    castVote(record.listAudits, candidate, { voter, isValid, slot: this.#slot }, this.options);
  }

  /** What a list of a round pays or paid; undefined where its account holds no payable list. */
  amountsOf(round: number, list: DistributionList): Amounts | undefined {
    const record = this.#rounds.get(round);
    return record && amountsOf(record, list, this.rules.bountyPerRound);
  }

  /** Adds to a key's stake or, below 0, takes from it, ROE. Allowed at any time. */
  addStake(key: string, roe: number): void {
    this.#funds.addStake(key, roe);
  }

  /** The rounds whose list is due in the current round: the one two rounds ago, and older ones that failed. */
  roundsDueForLists(): number[] {
    const current = this.currentRound;
    const recorded = [...this.#rounds.keys()].filter((round) => round !== current - 2);
    return [current - 2, ...recorded]
      .filter((round) => round >= 0 && this.#takesLists(round, current))
      .sort((a, b) => b - a);
  }

  /** Whether the distribution of this round failed in the round before the current one. */
  hasFailedLately(round: number): boolean {
    return this.#rounds.get(round)?.failedInRound === this.currentRound - 1;
  }

  /** Whether the round's distribution is over: it was paid, or no list can be accepted any more. */
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
      record = { submissions: new Map(), submissionAudits: new Map(), ...emptyLists() };
      this.#rounds.set(round, record);
    }
    return record;
  }

  #requireStake(key: string): void {
    if (this.#funds.stakeOf(key) <= 0) throw new LedgerError(`${key} has no stake`);
  }

  #requireWindow(names: readonly PhaseName[], inRound: number, what: string): void {
    const phase = this.schedule.phaseAt(this.#slot);
    if (phase.round !== inRound || !names.includes(phase.name)) {
      throw new LedgerError(
        `${what}: expected in the ${names.join(' or ')} window of round ${inRound}, came at slot ${this.#slot} (${phase.name}, round ${phase.round})`,
      );
    }
  }

  #settle(inRound: number): void {
    for (const [round, record] of this.#rounds) {
      if (!this.#takesLists(round, inRound)) continue;
      settleLists(record, {
        inRound,
        bountyPerRound: this.rules.bountyPerRound,
        options: this.options,
        funds: this.#funds,
        failsWithoutList: this.options.asksAgain && record.submissions.size > 0,
      });
    }
  }
}
