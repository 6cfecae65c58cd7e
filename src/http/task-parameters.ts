import { difficultyOf, displayHash } from '../bitcoin/target';
import { EXTRANONCE2_SIZE, HEADER_VERSION, VERSION_BITS_SHIFT } from '../consensus';
import type { Round } from '../rounds/round';
import type { RemoteWorker } from '../workers/remote-worker';
import type { Services } from './services';

/** The bits of the header version that a worker may roll (BIP 320). */
export const VERSION_MASK = 0xffff << VERSION_BITS_SHIFT;

/**
 * What GET /task/:roundNumber answers.
 * @param worker whom the work is handed to; undefined where it is only shown, as shared work is
 */
export function taskParameters(
  { miner, workers }: Pick<Services, 'miner' | 'workers'>,
  round: Round,
  worker: RemoteWorker | undefined,
) {
  const mining = miner.miningRound === round.number;
  const target = mining ? targetFor(worker) : round.limit;
  return {
    round_number: round.number,
    target_difficulty: difficultyOf(target),
    hash_rate: mining ? Math.round(miner.hashrateHps) : 0,
    valid_shares: round.validShares,
    invalid_shares: round.invalidShares,
    hashes_done: String(round.hashes),
    ...(mining && { work: workOf(round, worker ?? workers.shared, target) }),
  };

  function targetFor(to: RemoteWorker | undefined): bigint {
    if (to === undefined) return miner.shareTarget;
    const { number, limit } = round;
    if (to !== workers.shared) return to.handOutTarget(number, limit);
    return to.handOut(number, miner.shareTarget);
  }
}

/** Numbers as in Stratum: 8 hex digits, most significant first; bytes in the order they are hashed. */
function workOf({ template }: Round, { extranonce1 }: RemoteWorker, target: bigint) {
  return {
    version: hex32(HEADER_VERSION),
    version_mask: hex32(VERSION_MASK),
    prev: Buffer.from(template.prev).toString('hex'),
    coinbase1: template.coinbase1.toString('hex'),
    coinbase2: template.coinbase2.toString('hex'),
    extranonce1: extranonce1.toString(16).padStart(4, '0'),
    extranonce2_size: EXTRANONCE2_SIZE,
    merkle_branch: [],
    time: hex32(template.time),
    bits: hex32(template.bits),
    height: template.height,
    share_target: displayHash(target),
  };
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
