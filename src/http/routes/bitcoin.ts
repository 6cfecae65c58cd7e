import type { Router } from 'express';
import { payoutAddressOf, payoutProgramOf, type BitcoinNetworkName } from '../../bitcoin/address';
import { blockChance } from '../../bitcoin/chance';
import { bitsToTarget, displayHash, hashValue } from '../../bitcoin/target';
import { WORK_SOURCE } from '../../consensus';
import type { MiningNode } from '../../node';
import type { Block } from '../../rounds/blocks';
import type { BitcoinPeer } from '../../work/bitcoin-network';
import type { Refusal, SeenTip } from '../../work/bitcoin';
import { rewardOf } from '../../work/coinbases';
import { nameOf, type Origin, type WorkSourceName } from '../../work/source';
import type { Config } from '../../settings/schema';
import { addResource, answer, sendJson, type Mount } from '../resource';
import { difficultyOrNull } from './workers';

/** What this node has to do with Bitcoin, as programs and the page are told it. Amounts are in satoshi. */
export interface BitcoinState {
  network: BitcoinNetworkName;
  /** What the owner chose. */
  wanted: Config['WORK_SOURCE'];
  /** Of the round being mined, or mined last; null before the first. */
  source: WorkSourceName | null;
  /** Why that round is mined with koii; null where it isn't, or where that was chosen. */
  why_koii: string | null;
  tip: {
    height: number;
    hash: string;
    /** As its miner says. */
    time: string;
    age_seconds: number;
  } | null;
  /** Of the next block; null without a tip. */
  network_difficulty: number | null;
  /** Of the best share that this node ever took in. */
  best_difficulty: number | null;
  /** H/s of this node's threads and of all workers. */
  hash_rate: number;
  /** Null unless real blocks are being mined. */
  chance: { per_day: number; per_year: number; words: string } | null;
  /** Who is paid, and how much by the next block; null without an address. */
  payout: { address: string; next_block_sat: number | null } | null;
  /** What the bundle gives to the task; null if nothing. */
  task_payout: { address: string; percent: number; next_block_sat: number | null } | null;
  nodes: { name: string; fault: string | null }[];
  /** Why the Bitcoin node would not take our block; null if it would. */
  refusal: Refusal | null;
  /** The newest first. */
  blocks: FoundBlockState[];
}

export interface FoundBlockState {
  hash: string;
  height: number;
  value_sat: number;
  address: string;
  state: Block['state'];
  answers: readonly Block['answers'][number][];
  found_at: string;
  round_number: number;
  worker_id: string;
}

/** The parts of a node that know of Bitcoin. */
export type BitcoinParts = Pick<
  MiningNode,
  'bitcoin' | 'blocks' | 'bests' | 'miner' | 'workers' | 'settings' | 'rules'
>;

/** /bitcoin: the tip, the chance of a block, who is paid, and the blocks found. Only on the side port. */
export function addBitcoin(
  router: Router,
  node: BitcoinParts,
  { limits }: Pick<Mount, 'limits'>,
): void {
  const get = answer((_request, response) => {
    sendJson(response, bitcoinState(node));
    return Promise.resolve();
  });
  addResource(router, '/bitcoin', { get: [limits.general, get] });
}

/** @param nowMs the time, in ms since 1970 */
export function bitcoinState(node: BitcoinParts, nowMs = Date.now()): BitcoinState {
  const { bitcoin, blocks, bests, miner, workers, settings, rules } = node;
  const { tip, whyKoii, refusal, peers } = bitcoin;
  const origin = miner.lastRound?.origin;
  const target = tip && targetOf(tip);
  const hashrateHps = workers
    .list()
    .reduce(
      (sum, worker) => sum + worker.hashrateHps,
      miner.hashrateHps + workers.shared.hashrateHps,
    );
  return {
    network: rules.network,
    wanted: settings.current.WORK_SOURCE,
    source: origin ? nameOf(origin.source) : null,
    why_koii: whyKoii ?? null,
    tip: tip ? tipState(tip, nowMs) : null,
    network_difficulty: difficultyOrNull(target),
    best_difficulty: difficultyOrNull(bests.ofNode?.hashValue),
    hash_rate: Math.round(hashrateHps),
    chance:
      target !== undefined && origin?.source === WORK_SOURCE.bitcoin
        ? chanceState(hashrateHps, target)
        : null,
    payout: payoutState(node, origin),
    task_payout: taskPayoutState(node),
    nodes: peers.map(nodeState),
    refusal: refusal ?? null,
    blocks: blocks.list().map((block) => blockState(block, rules.network)),
  };
}

/** The highest hash value of the next block; undefined where a node that lies shows bits that are none. */
function targetOf({ segment }: SeenTip): bigint | undefined {
  try {
    return bitsToTarget(segment.bits);
  } catch {
    return undefined;
  }
}

function tipState({ segment, tipTime }: SeenTip, nowMs: number): BitcoinState['tip'] {
  return {
    height: segment.height - 1,
    hash: displayHash(hashValue(segment.prev)),
    time: new Date(tipTime * 1000).toISOString(),
    // A miner's clock may be up to two hours ahead.
    age_seconds: Math.max(0, Math.round(nowMs / 1000 - tipTime)),
  };
}

function chanceState(hashrateHps: number, target: bigint): BitcoinState['chance'] {
  const { perDay, perYear, words } = blockChance(hashrateHps, target);
  return { per_day: perDay, per_year: perYear, words };
}

/** What the round pays to; where it pays nobody, what the next one would. */
function payoutState(
  { bitcoin, settings, rules }: BitcoinParts,
  origin: Origin | undefined,
): BitcoinState['payout'] {
  const { PAYOUT_ADDRESS: chosen } = settings.current;
  const program =
    origin?.source === WORK_SOURCE.bitcoin
      ? origin.payout
      : chosen === ''
        ? undefined
        : payoutProgramOf(chosen, rules.network);
  if (!program) return null;
  const reward = bitcoin.tip && rewardOf(bitcoin.tip.segment.height, rules);
  return {
    address: payoutAddressOf(program, rules.network),
    next_block_sat: reward ? Number(reward.toOperator) : null,
  };
}

function taskPayoutState({ bitcoin, rules }: BitcoinParts): BitcoinState['task_payout'] {
  if (!rules.taskPayout) return null;
  const { program, percent } = rules.taskPayout;
  const reward = bitcoin.tip && rewardOf(bitcoin.tip.segment.height, rules);
  return {
    address: payoutAddressOf(Buffer.from(program, 'hex'), rules.network),
    percent,
    next_block_sat: reward ? Number(reward.toTask) : null,
  };
}

function nodeState({ name, fault }: BitcoinPeer): BitcoinState['nodes'][number] {
  return { name, fault: fault ?? null };
}

function blockState(block: Block, network: BitcoinNetworkName): FoundBlockState {
  const { hash, height, valueSat, payout, state, answers, foundAt, round, workerId } = block;
  return {
    hash,
    height,
    value_sat: valueSat,
    address: payoutAddressOf(Buffer.from(payout, 'hex'), network),
    state,
    answers: answers.map(({ node, verdict, reason }) => ({ node, verdict, reason })),
    found_at: new Date(foundAt).toISOString(),
    round_number: round,
    worker_id: workerId,
  };
}
