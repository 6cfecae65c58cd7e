/** A way to cheat, as the command line and the report know it. Free of any task code: the simulator's side reads it too. */
export interface Kind {
  /** What it tries, as the final table says it. */
  readonly lie: string;
  /** Nodes it takes: one key each. */
  readonly nodes: number;
  /** The operator's variables of such a node: what any node could be given. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Long enough for some real shares, short enough to leave the machine to the honest nodes. */
const BRIEFLY = { MINING_SECONDS: '4' };

const one = (lie: string): Kind => ({ lie, nodes: 1, variables: BRIEFLY });

/** Every way to cheat, by the name it has in --cheaters. */
export const KINDS = {
  copy: one("submits another node's proof"),
  forge: one('submits random bytes as shares'),
  inflate: one('adds shares above the floor, or repeats one'),
  replay: one('submits its first proof again in every later round'),
  premine: one('mines the next round ahead, on a guessed seed'),
  stale: one("mines on another round's seed"),
  malform: one('submits what is no canonical encoding, another way each round'),
  lazy: one('submits nothing, or few of its shares'),
  split: {
    lie: 'splits its work over two keys',
    nodes: 2,
    // Two keys of one worker: each gets half of what an honest node hashes.
    variables: { MINING_INTENSITY: '50' },
  },
  'vote-down': one('votes against every submission'),
  'vote-up': one('votes for every invalid submission'),
  greedy: one('makes lists that pay itself alone'),
  omit: one('makes lists without the best paid other node'),
  overpay: one('makes lists that pay more than the bounty, or itself too much'),
  veto: one('votes against every distribution list'),
} satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;
