import { difficultyOf, displayHash } from '../bitcoin/target';
import { EXTRANONCE2_SIZE, HEADER_VERSION } from '../consensus';
import type { Miner } from '../rounds/miner';

/** extranonce1 of a remote worker that gives no id; the node's own threads have 0x0000..0x00ff. */
const REMOTE_EXTRANONCE1 = 0x0100;

/** What GET /task/:roundNumber answers; undefined when this node does not know the round. */
export async function taskParameters(miner: Miner, roundNumber: number) {
  const round = await miner.round(roundNumber);
  if (!round) return undefined;
  const mining = miner.miningRound === roundNumber;
  const target = mining ? miner.shareTarget : round.limit;
  const { template } = round;
  return {
    round_number: roundNumber,
    target_difficulty: difficultyOf(target),
    hash_rate: mining ? Math.round(miner.hashrateHps) : 0,
    valid_shares: round.validShares,
    invalid_shares: round.invalidShares,
    hashes_done: String(round.hashes),
    ...(mining && {
      // Numbers as in Stratum: 8 hex digits, most significant first; bytes in the order they are hashed.
      work: {
        version: hex32(HEADER_VERSION),
        prev: Buffer.from(template.prev).toString('hex'),
        coinbase1: template.coinbase1.toString('hex'),
        coinbase2: template.coinbase2.toString('hex'),
        extranonce1: REMOTE_EXTRANONCE1.toString(16).padStart(4, '0'),
        extranonce2_size: EXTRANONCE2_SIZE,
        merkle_branch: [],
        time: hex32(template.time),
        bits: hex32(template.bits),
        height: template.height,
        share_target: displayHash(target),
      },
    }),
  };
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
