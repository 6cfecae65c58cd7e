import { difficultyOf, displayHash } from '../bitcoin/target';
import { EXTRANONCE2_SIZE, HEADER_VERSION, VERSION_BITS_SHIFT } from '../consensus';
import type { Round } from '../rounds/round';
import type { NamedJob } from '../workers/jobs';
import type { Services } from './services';

/** The bits of the header version that a worker may roll (BIP 320). */
export const VERSION_MASK = 0xffff << VERSION_BITS_SHIFT;

/**
 * What GET /task/:roundNumber answers.
 * @param job the work that is handed out with it, or shown; undefined where there is none
 */
export function taskParameters(
  { miner }: Pick<Services, 'miner'>,
  round: Round,
  job: NamedJob | undefined,
) {
  const isMined = miner.miningRound === round.number;
  return {
    round_number: round.number,
    target_difficulty: difficultyOf(job?.target ?? round.limit),
    hash_rate: isMined ? Math.round(miner.hashrateHps) : 0,
    valid_shares: round.validShares,
    invalid_shares: round.invalidShares,
    hashes_done: String(round.hashes),
    ...(job && { work: workOf(job) }),
  };
}

/** Numbers as in Stratum: 8 hex digits, most significant first; bytes in the order they are hashed. */
function workOf({ id, template, prefix, target }: NamedJob) {
  return {
    job_id: id,
    version: hex32(HEADER_VERSION),
    version_mask: hex32(VERSION_MASK),
    prev: Buffer.from(template.prev).toString('hex'),
    coinbase1: template.coinbase1.toString('hex'),
    coinbase2: template.coinbase2.toString('hex'),
    extranonce1: prefix.toString(16).padStart(4, '0'),
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
