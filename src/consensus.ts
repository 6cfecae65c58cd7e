import type { BitcoinNetworkName } from './bitcoin/address';

/**
 * The consensus constants (docs/PROTOCOL.md section 2). Every node must use the same ones: none of them can be
 * configured where the task runs, and changing any of them makes a new version of the task.
 */

/** Where header templates come from. One task accepts proofs of both. */
export const WORK_SOURCE = { koii: 0, bitcoin: 1 } as const;
export type WorkSourceId = (typeof WORK_SOURCE)[keyof typeof WORK_SOURCE];

/** Shares in a full proof. Fewer with bitcoin, whose templates need room in the proof. */
export const K: Readonly<Record<WorkSourceId, number>> = {
  [WORK_SOURCE.koii]: 28,
  [WORK_SOURCE.bitcoin]: 20,
};

/** Templates that one proof may span. With bitcoin two: the tip may change, or give way to its sibling, in a round. */
export const MAX_SEGMENTS: Readonly<Record<WorkSourceId, number>> = {
  [WORK_SOURCE.koii]: 1,
  [WORK_SOURCE.bitcoin]: 2,
};

/** The highest hash value a share may have: one hash in 2^18 is a share. */
export const FLOOR = (1n << 238n) - 1n;

/** Marks coinbases of this task. */
export const TAG = Buffer.from('orca', 'ascii');

/** Block header version with no rolled bits; bits 13..28 are free to roll (BIP 320). */
export const HEADER_VERSION = 0x20000000;

/** Position of versionBits in the header version (BIP 320). */
export const VERSION_BITS_SHIFT = 13;

/** First byte of a proof, with the work source in the low four bits. */
export const PROOF_VERSION = 0x10;

/**
 * Rounds whose submissions K2 keeps, including the current one (allowed_failed_distributions in
 * config-task.yml). Older rounds look empty on chain, so no seed may be derived from them.
 */
export const KEPT_ROUNDS = 5;

/** Bytes of the extranonce: extranonce1 (who mines) and extranonce2 (rolled by the miner). */
export const EXTRANONCE1_SIZE = 2;
export const EXTRANONCE2_SIZE = 4;
export const EXTRANONCE_SIZE = EXTRANONCE1_SIZE + EXTRANONCE2_SIZE;

/** Blocks after which Bitcoin's subsidy halves. */
const HALVING_BLOCKS: Readonly<Record<BitcoinNetworkName, number>> = {
  main: 210_000,
  testnet4: 210_000,
  regtest: 150,
};

export const BITCOIN_NETWORKS = Object.keys(HALVING_BLOCKS) as readonly BitcoinNetworkName[];

/** The part of a Bitcoin block's subsidy that goes to the task. */
export interface TaskPayout {
  /** P2WPKH program, 40 hex digits */
  program: string;
  /** A whole number, 1..50. */
  percent: number;
}

/** What is chosen when the bundle is built, or on the command line of what runs from source. */
export interface ChosenRules {
  network: BitcoinNetworkName;
  taskPayout: TaskPayout | undefined;
}

/** What coinbases pay with work source bitcoin. */
export interface CoinbaseRules {
  taskPayout: TaskPayout | undefined;
  halvingBlocks: number;
}

/** The rules that a proof is judged by; tests use an easier floor to judge cheaper proofs. */
export interface ProofRules extends CoinbaseRules {
  floor: bigint;
  network: BitcoinNetworkName;
}

export function proofRules({ network, taskPayout }: ChosenRules): ProofRules {
  return { floor: FLOOR, network, taskPayout, halvingBlocks: HALVING_BLOCKS[network] };
}

/**
 * Set by build/consensus.js when the bundle is built. Undefined when run from source, and in mining threads, which get
 * whole templates.
 */
declare const BUILT_CONSENSUS: ChosenRules | undefined;
const built = typeof BUILT_CONSENSUS === 'undefined' ? undefined : BUILT_CONSENSUS;

export const IS_BUNDLE = built !== undefined;

/** The rules of this bundle; run from source, those of main and without a part for the task. */
export const PROOF_RULES: ProofRules = proofRules({
  network: built?.network ?? 'main',
  taskPayout: built?.taskPayout,
});

/** The network whose blocks this bundle mines, and whose addresses it takes. */
export const BITCOIN_NETWORK: BitcoinNetworkName = PROOF_RULES.network;
