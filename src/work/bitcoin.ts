import { witnessKeyScript } from '../bitcoin/script';
import { TAG, type CoinbaseRules, type TaskPayout } from '../consensus';
import type { RoundSeed } from './seed';
import { templateOf, type Segment, type Template } from './segment';

const FIRST_SUBSIDY = 5_000_000_000n;
/** From here on the subsidy is nothing, as in Bitcoin Core. */
const HALVINGS = 64;
/** BIP 54: below ffffffff, so that the lock time counts. */
const LOCKED_SEQUENCE = 0xfffffffe;

/** What a block of a height may create, in satoshi. */
export function subsidyOf(height: number, halvingBlocks: number): bigint {
  const halvings = Math.floor(height / halvingBlocks);
  return halvings < HALVINGS ? FIRST_SUBSIDY >> BigInt(halvings) : 0n;
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
  const subsidy = subsidyOf(segment.height, halvingBlocks);
  const ofTask = taskPayout ? (subsidy * BigInt(taskPayout.percent)) / 100n : 0n;
  return templateOf(segment, {
    message: Buffer.concat([TAG, submitter, seed]),
    sequence: LOCKED_SEQUENCE,
    lockTime: segment.height - 1,
    outputs: [
      { value: subsidy - ofTask, script: witnessKeyScript(payout) },
      ...(taskPayout ? [outputToTask(taskPayout, ofTask)] : []),
    ],
  });
}

function outputToTask({ program }: TaskPayout, value: bigint) {
  return { value, script: witnessKeyScript(Buffer.from(program, 'hex')) };
}
