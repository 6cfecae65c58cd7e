import { merkleRootOf, pushedHeight, type Block } from './block';
import { targetOf } from './target';

// The rules of Bitcoin Core for a block that holds a coinbase alone, in its order and with its words for what is wrong
// (validation.cpp of version 28; BIP 22 for the words).

/** What a chain asks of all its blocks. */
export interface ChainRules {
  /** Compact target: like Core's regtest, this one never retargets. */
  readonly bits: number;
  readonly halvingBlocks: number;
}

/** The block that another one is built on. */
export interface Parent {
  readonly height: number;
  /** Median of the times of it and the ten before it. */
  readonly medianTime: number;
}

const FIRST_SUBSIDY = 5_000_000_000n;
const HALVINGS = 64;
const MAX_SECONDS_AHEAD = 7200;
const LEAST_VERSION = 4;
const SCRIPT_SIG_SIZE = { least: 2, most: 100 };
/** Lock times below are heights, others times. */
const FIRST_LOCK_TIME = 500_000_000;
const FINAL_SEQUENCE = 0xffffffff;

/** satoshi */
export function subsidyAt(height: number, halvingBlocks: number): bigint {
  const halvings = Math.floor(height / halvingBlocks);
  return halvings < HALVINGS ? FIRST_SUBSIDY >> BigInt(halvings) : 0n;
}

/**
 * Why a block lacks the work that its own bits say; undefined if it has it.
 * @param bits those of the easiest block there may be
 */
export function lackOfWork(block: Block, { bits }: ChainRules): string | undefined {
  const target = targetOf(block.bits);
  const easiest = targetOf(bits);
  const isEnough =
    target !== undefined &&
    easiest !== undefined &&
    target <= easiest &&
    BigInt(`0x${block.hash}`) <= target;
  return isEnough ? undefined : 'high-hash';
}

/** What is wrong with a block, its work and its place in a chain left out; undefined if nothing. */
export function faultInside({ merkleRoot, transactions }: Block): string | undefined {
  if (merkleRootOf(transactions) !== merkleRoot) return 'bad-txnmrklroot';
  const [coinbase, ...others] = transactions;
  if (!coinbase) return 'bad-blk-length';
  if (!coinbase.isCoinbase) return 'bad-cb-missing';
  if (others.some(({ isCoinbase }) => isCoinbase)) return 'bad-cb-multiple';
  if (coinbase.outputs.length === 0) return 'bad-txns-vout-empty';
  const { length } = coinbase.scriptSig;
  if (length < SCRIPT_SIG_SIZE.least || length > SCRIPT_SIG_SIZE.most) return 'bad-cb-length';
  return undefined;
}

/**
 * What is wrong with a block, well made by itself, on its parent; undefined if nothing.
 * @param now seconds since 1970
 */
export function faultOnParent(
  block: Block,
  parent: Parent,
  rules: ChainRules,
  now: number,
): string | undefined {
  const height = parent.height + 1;
  if (block.bits !== rules.bits) return 'bad-diffbits';
  if (block.time <= parent.medianTime) return 'time-too-old';
  if (block.time > now + MAX_SECONDS_AHEAD) return 'time-too-new';
  if ((block.version | 0) < LEAST_VERSION) {
    return `bad-version(0x${block.version.toString(16).padStart(8, '0')})`;
  }
  const coinbase = block.transactions[0]!;
  const { lockTime, sequences } = coinbase;
  const passed = lockTime < FIRST_LOCK_TIME ? height : parent.medianTime;
  const isFinal =
    lockTime === 0 || lockTime < passed || sequences.every((each) => each === FINAL_SEQUENCE);
  if (!isFinal) return 'bad-txns-nonfinal';
  const wanted = pushedHeight(height);
  if (!coinbase.scriptSig.subarray(0, wanted.length).equals(wanted)) return 'bad-cb-height';
  // Nothing here commits to a witness (BIP 141).
  if (block.transactions.some(({ hasWitness }) => hasWitness)) return 'unexpected-witness';
  // Coins are not followed, so there are none to spend.
  if (block.transactions.length > 1) return 'bad-txns-inputs-missingorspent';
  const paid = coinbase.outputs.reduce((sum, { value }) => sum + value, 0n);
  if (paid > subsidyAt(height, rules.halvingBlocks)) return 'bad-cb-amount';
  return undefined;
}
