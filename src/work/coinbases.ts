import { pushData, witnessKeyScript } from '../bitcoin/block';
import { TAG, type CoinbaseRules, type TaskPayout } from '../consensus';
import type { RoundSeed } from './seed';
import { templateOf, type Segment, type Template } from './segment';

/** 2026-01-01, so that mining hardware takes it for a current block. */
const FIRST_TIME = 1767225600;
/** About as hard as Bitcoin is today, so that no miner takes an ordinary share for a block. */
const BITS = 0x1700ffff;
const OP_RETURN = 0x6a;
const FINAL_SEQUENCE = 0xffffffff;

const FIRST_SUBSIDY = 5_000_000_000n;
/** From this halving on the subsidy is zero, as in Bitcoin Core. */
const HALVINGS = 64;
/** BIP 54: below ffffffff, so that the lock time applies. */
const LOCKED_SEQUENCE = 0xfffffffe;

/** The only segment of a round with work source koii (docs/PROTOCOL.md section 3). */
export function koiiSegment({ round, seed }: RoundSeed): Segment {
  return { height: round, prev: seed, time: (FIRST_TIME + round) % 2 ** 32, bits: BITS };
}

/** That segment as a submitter mines it. @param submitter a raw public key, 32 bytes */
export function koiiTemplate(of: RoundSeed, submitter: Uint8Array): Template {
  return templateOf(koiiSegment(of), {
    message: Buffer.concat([TAG, submitter]),
    sequence: FINAL_SEQUENCE,
    lockTime: 0,
    outputs: [{ value: 0n, script: Buffer.concat([Buffer.of(OP_RETURN), pushData(of.taskId)]) }],
  });
}

/** The subsidy of the block at a height, in satoshi. */
export function subsidyOf(height: number, halvingBlocks: number): bigint {
  const halvings = Math.floor(height / halvingBlocks);
  return halvings < HALVINGS ? FIRST_SUBSIDY >> BigInt(halvings) : 0n;
}

/** What the block at a height pays, in satoshi; its fees are forgone, since it holds no other transaction. */
export function rewardOf(
  height: number,
  { taskPayout, halvingBlocks }: CoinbaseRules,
): { toOperator: bigint; toTask: bigint } {
  const subsidy = subsidyOf(height, halvingBlocks);
  const toTask = taskPayout ? (subsidy * BigInt(taskPayout.percent)) / 100n : 0n;
  return { toOperator: subsidy - toTask, toTask };
}

/** In coinbase2: behind the sequence and the number of outputs. */
const VALUE_AT = 5;
/** Behind the value, the script's length, OP_0 and the length of the push. */
const PROGRAM_AT = VALUE_AT + 8 + 3;

/** What the operator is paid by a template of source bitcoin, and the P2WPKH program that it goes to. */
export function paymentIn({ coinbase2 }: Template): { valueSat: number; program: Buffer } {
  return {
    valueSat: Number(coinbase2.readBigUInt64LE(VALUE_AT)),
    program: coinbase2.subarray(PROGRAM_AT, PROGRAM_AT + 20),
  };
}

/**
 * A segment of work source bitcoin as a submitter mines it (docs/PROTOCOL.md section 4).
 * @param segment its height is 1..2^31-1
 * @param submitter a raw public key, 32 bytes
 * @param payout P2WPKH program of the operator, 20 bytes
 */
export function bitcoinTemplate(
  { seed }: RoundSeed,
  segment: Segment,
  submitter: Uint8Array,
  payout: Uint8Array,
  { taskPayout, halvingBlocks }: CoinbaseRules,
): Template {
  const { toOperator, toTask } = rewardOf(segment.height, { taskPayout, halvingBlocks });
  return templateOf(segment, {
    message: Buffer.concat([TAG, submitter, seed]),
    sequence: LOCKED_SEQUENCE,
    lockTime: segment.height - 1,
    outputs: [
      { value: toOperator, script: witnessKeyScript(payout) },
      ...(taskPayout ? [outputToTask(taskPayout, toTask)] : []),
    ],
  });
}

function outputToTask({ program }: TaskPayout, value: bigint) {
  return { value, script: witnessKeyScript(Buffer.from(program, 'hex')) };
}
