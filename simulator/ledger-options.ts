/**
 * K2's program is not public. Each option is a point where the ledger could behave either way, so that a task can be
 * run both ways.
 */
export interface LedgerOptions {
  /** Submissions after their window are accepted as long as their round is kept. */
  readonly lateSubmissions: boolean;
  /** A second, different submission of a key replaces its first. */
  readonly replacedSubmissions: boolean;
  /** Lists named after the submission window are accepted until the audit window ends. */
  readonly lateLists: boolean;
  /** A maker that names another account replaces its list; the votes stay with the maker. */
  readonly replacedLists: boolean;
  /** An account may be written again after a list has named it, until that list is settled. */
  readonly rewrittenLists: boolean;
  /** Votes on lists are weighted by the voters' stakes at the settlement, instead of one per node. */
  readonly votesByStake: boolean;
  /** Which of several standing lists of a round is paid; `each` can pay more than one bounty. */
  readonly paidList: 'first' | 'last' | 'each';
  /** The first vote on a list may be a vote for; otherwise a vote against has to open the audit. */
  readonly firstVoteFor: boolean;
  /** A maker may vote on its own list. */
  readonly ownVotes: boolean;
  /** A round accepts more than one list. */
  readonly manyLists: boolean;
  /** A round for which nobody made a list in time is due again, like one whose lists failed. */
  readonly asksAgain: boolean;
  /** What the maker of a voted-out list loses, in percent of its stake. */
  readonly rejectedListCosts: number;
}

export const LEDGER_DEFAULTS: LedgerOptions = {
  lateSubmissions: false,
  replacedSubmissions: false,
  lateLists: true,
  replacedLists: false,
  rewrittenLists: true,
  votesByStake: false,
  paidList: 'first',
  firstVoteFor: true,
  ownVotes: true,
  manyLists: true,
  asksAgain: false,
  rejectedListCosts: 0,
};

/** A name for each deviation from the defaults, and two for several at once. */
const NAMES: Readonly<Record<string, Partial<LedgerOptions>>> = {
  'late-submissions': { lateSubmissions: true },
  'replaced-submissions': { replacedSubmissions: true },
  'no-late-lists': { lateLists: false },
  'replaced-lists': { replacedLists: true },
  'no-rewritten-lists': { rewrittenLists: false },
  'votes-by-stake': { votesByStake: true },
  'pays-last': { paidList: 'last' },
  'pays-each': { paidList: 'each' },
  'no-first-vote-for': { firstVoteFor: false },
  'no-own-votes': { ownVotes: false },
  'one-list': { manyLists: false },
  'asks-again': { asksAgain: true },
  strict: { lateLists: false, replacedLists: false, rewrittenLists: false },
  lenient: {
    lateSubmissions: true,
    replacedSubmissions: true,
    lateLists: true,
    replacedLists: true,
    rewrittenLists: true,
  },
};
const COSTS_NAME = 'rejected-list-costs-<percent>';

/** The names that `--ledger` accepts. */
export const LEDGER_NAMES: readonly string[] = [...Object.keys(NAMES), COSTS_NAME];

/**
 * Reads names separated by commas, such as `strict,votes-by-stake`.
 * @throws RangeError for an unknown name (the message lists all names) and for names that contradict each other
 */
export function parseLedgerOptions(text: string): Partial<LedgerOptions> {
  const options: Partial<LedgerOptions> = {};
  for (const name of text.split(',').map((each) => each.trim())) {
    const named = optionsNamed(name);
    for (const [option, value] of Object.entries(named)) {
      const earlier = options[option as keyof LedgerOptions];
      if (earlier !== undefined && earlier !== value) {
        throw new RangeError(`"${name}" contradicts a name before it (${option})`);
      }
    }
    Object.assign(options, named);
  }
  return options;
}

function optionsNamed(name: string): Partial<LedgerOptions> {
  const percent = Number(/^rejected-list-costs-(\d{1,3})$/.exec(name)?.[1]);
  if (percent <= 100) return { rejectedListCosts: percent };
  const named = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
  if (named !== undefined) return named;
  throw new RangeError(`no ledger option "${name}": ${LEDGER_NAMES.join(', ')}`);
}
