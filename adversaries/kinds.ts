/** A way to cheat, as the command line and the report know it. Without task code, as the simulator reads it too. */
export interface Kind {
  /** What it tries, in the words of the final table. */
  readonly lie: string;
  /** The nodes it needs, with one key each. */
  readonly nodes: number;
  /** The operator's variables for such a node, which any node could be given. */
  readonly variables: Readonly<Record<string, string>>;
  /** Its operator changed the node's software to do whatever the ledger allows. */
  readonly modified?: boolean;
  /** Further keys that the operator has staked for each node. */
  readonly extraKeys?: number;
  /** It votes against right lists, so honest nodes have to outnumber it. */
  readonly vetoes?: boolean;
  /** It proves what it mined in an odd way: its proofs must be valid and paid for exactly what it hashed. */
  readonly works?: boolean;
  /** No rule of a task can stop it: a run measures what it takes, without counting that as a failure. */
  readonly unstoppable?: boolean;
}

/** Long enough for some real shares, short enough to leave the machine to the honest nodes. */
const BRIEFLY = { MINING_SECONDS: '4' };
/** For a cheap valid proof, which is all that a cheater in lists and votes needs. */
const CHEAPLY = { MINING_SECONDS: '2', MINING_INTENSITY: '50' };

const one = (lie: string): Kind => ({ lie, nodes: 1, variables: BRIEFLY });
const cheap = (lie: string): Kind => ({ lie, nodes: 1, variables: CHEAPLY });

/** Every way to cheat, by the name it has in --cheaters. */
export const KINDS = {
  copy: one("submits another node's proof"),
  forge: one('submits random bytes as shares'),
  inflate: one('adds shares above the floor, or repeats one'),
  replay: one('submits its first proof of each work source again later'),
  premine: one('mines the next round ahead, on a guessed seed'),
  stale: one("mines on another round's seed"),
  malform: one('submits what is no canonical encoding, another way each round'),
  lazy: one('submits nothing, or few of its shares'),
  split: {
    lie: 'splits its work over two keys',
    nodes: 2,
    // Two keys of one worker: each gets half of what an honest node hashes.
    variables: { MINING_INTENSITY: '50' },
    works: true,
  },
  templates: { ...one('makes up its Bitcoin templates, and mines them'), works: true },
  junk: { lie: 'two keys submit well-formed junk', nodes: 2, variables: {} },
  silent: one('has the SDK select it to make the list, and makes none'),
  'stake-race': {
    ...one('submits garbage, changes its stake between list and audit'),
    modified: true,
  },
  'late-submission': {
    ...one('submits two rounds late, to change the seed'),
    modified: true,
    unstoppable: true,
  },
  'vote-down': one('votes against every submission'),
  'vote-up': one('votes for every invalid submission'),
  greedy: cheap('makes lists that pay itself alone'),
  omit: cheap('makes lists without the best paid other node'),
  overpay: cheap('makes lists that pay more than the bounty, or itself too much'),
  slasher: cheap("makes lists that take from others' stakes"),
  'two-faced': {
    ...cheap('keeps the right list in its own account, and names another'),
    modified: true,
  },
  'late-list': cheap('names a false list when the audit window has opened'),
  rewrite: { ...cheap('names a right list, rewrites it early in the audit'), modified: true },
  'rewrite-late': {
    ...cheap('names a right list, rewrites it after the last look'),
    modified: true,
    unstoppable: true,
  },
  flood: { ...cheap('names a false list by each of 21 keys'), modified: true, extraKeys: 20 },
  majority: {
    ...cheap('names a false list, votes for it alone with 5 keys'),
    modified: true,
    extraKeys: 4,
    unstoppable: true,
  },
  veto: { ...cheap('votes against every distribution list'), vetoes: true },
  'last-veto': { ...cheap('votes against every list in the last slots'), vetoes: true },
  'last-veto-idle': { ...one('the same, without a valid proof'), vetoes: true },
} satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;
