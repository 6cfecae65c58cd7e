import { Counter, Gauge, type Registry } from 'prom-client';
import type { BitcoinNetworkName } from '../bitcoin/address';
import { bitsToTarget, difficultyOf } from '../bitcoin/target';
import { WORK_SOURCE } from '../consensus';
import type { Blocks } from '../rounds/blocks';
import type { Round } from '../rounds/round';
import type { BitcoinWork } from '../work/bitcoin';
import type { BlockAnswer } from '../work/bitcoin-network';
import { nameOf, type WorkSourceName } from '../work/source';
import { collectedIn } from './collected';

// Bitcoin's chain as this node sees it, and the blocks found.

export interface BitcoinSources {
  blocks: Pick<Blocks, 'list' | 'foundSinceStart' | 'onChange'>;
  bitcoin: Pick<BitcoinWork, 'tip' | 'peers' | 'refusal' | 'refusalsSinceStart' | 'whyKoii'>;
  miner: { readonly lastRound: Pick<Round, 'origin'> | undefined };
  /** The network of this build's blocks. */
  network: BitcoinNetworkName;
  /** The time of day, ms since 1970. */
  now?: () => number;
}

/** Why a block as this task makes them may be refused, in the words of BIP 22 and of Bitcoin Core. */
const REASONS: readonly string[] = [
  'bad-blk-length',
  'bad-cb-amount',
  'bad-cb-height',
  'bad-cb-length',
  'bad-diffbits',
  'bad-prevblk',
  'bad-txnmrklroot',
  'bad-version',
  'bad-witness-merkle-match',
  'bad-witness-nonce-size',
  'duplicate-invalid',
  'high-hash',
  'rejected',
  'stale-prevblk',
  'stale-work',
  'time-invalid',
  'time-too-new',
  'time-too-old',
  'unexpected-witness',
];
const OTHER = 'other';
const NO_REASON = 'none';

export function addBitcoinMetrics(registers: Registry[], sources: BitcoinSources): void {
  addBlockMetrics(registers, sources);
  addTipMetrics(registers, sources);
  addWorkSourceMetrics(registers, sources);
}

function addBlockMetrics(registers: Registry[], { blocks, bitcoin }: BitcoinSources): void {
  const { gauge, counter } = collectedIn(registers);
  counter('orca_bitcoin_blocks_found_total', 'Bitcoin blocks found.', () => blocks.foundSinceStart);
  const accepted = new Counter({
    name: 'orca_bitcoin_blocks_accepted_total',
    help: 'Blocks that a Bitcoin node accepted, each once.',
    registers,
  });
  const answers = new Counter({
    name: 'orca_bitcoin_block_answers_total',
    help: 'Answers of Bitcoin nodes to the blocks handed in.',
    labelNames: ['verdict', 'reason'],
    registers,
  });
  // Prometheus sees no increase in a series that begins with it.
  for (const labels of ALL_ANSWERS) answers.inc(labels, 0);
  blocks.onChange((block, answer) => {
    if (!answer) return;
    answers.inc(labelsOf(answer));
    const acceptances = block.answers.filter(({ verdict }) => verdict === 'accepted').length;
    if (answer.verdict === 'accepted' && acceptances === 1) accepted.inc();
  });
  gauge(
    'orca_bitcoin_blocks_pending',
    'Blocks found that no Bitcoin node has answered for yet, those of earlier processes included.',
    () => blocks.list().filter(({ state }) => state === 'pending').length,
  );
  gauge(
    'orca_bitcoin_would_refuse',
    '1 while the Bitcoin node would refuse our block, else 0.',
    () => Number(bitcoin.refusal !== undefined),
  );
  counter(
    'orca_bitcoin_proposals_refused_total',
    'Tips on which the Bitcoin node would have refused our block.',
    () => bitcoin.refusalsSinceStart,
  );
}

type AnswerLabels = Record<'verdict' | 'reason', string>;

const ALL_ANSWERS: readonly AnswerLabels[] = [
  { verdict: 'accepted', reason: NO_REASON },
  { verdict: 'inconclusive', reason: NO_REASON },
  ...[...REASONS, OTHER].map((reason) => ({ verdict: 'refused', reason })),
];

/** A node may say anything: only known reasons become labels. Core adds details: "bad-version(0x20000000)". */
function labelsOf({ verdict, reason }: BlockAnswer): AnswerLabels {
  if (verdict !== 'refused') return { verdict, reason: NO_REASON };
  const word = reason.replace(/\(.*\)$/, '');
  return { verdict, reason: REASONS.includes(word) ? word : OTHER };
}

function addTipMetrics(registers: Registry[], sources: BitcoinSources): void {
  const { bitcoin, network, now = Date.now } = sources;
  const ofTip = (name: string, help: string, read: (tip: SeenTip) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['network'],
      registers,
      collect() {
        this.set({ network }, bitcoin.tip ? read(bitcoin.tip) : 0);
      },
    });
  };
  ofTip(
    'orca_bitcoin_tip_height',
    "Height of the Bitcoin node's tip; 0 where none is known.",
    ({ segment }) => segment.height - 1,
  );
  ofTip(
    'orca_bitcoin_tip_age_seconds',
    "Since the time in the tip's header; 0 where no tip is known.",
    ({ tipTime }) => Math.max(0, now() / 1000 - tipTime),
  );
  ofTip(
    'orca_bitcoin_difficulty',
    'Difficulty of the next block; 0 where no tip is known.',
    ({ segment }) => difficultyOfBits(segment.bits),
  );
  new Gauge({
    name: 'orca_bitcoin_node_up',
    help: '1 while a Bitcoin node of the settings can be mined with, else 0.',
    labelNames: ['node'],
    registers,
    collect() {
      for (const { name, fault } of bitcoin.peers) {
        this.set({ node: name }, Number(fault === undefined));
      }
    },
  });
}

type SeenTip = NonNullable<BitcoinWork['tip']>;

/** Of a node that lies, bits may be no target. */
function difficultyOfBits(bits: number): number {
  try {
    return difficultyOf(bitsToTarget(bits));
  } catch {
    return 0;
  }
}

function addWorkSourceMetrics(registers: Registry[], { bitcoin, miner }: BitcoinSources): void {
  const { gauge } = collectedIn(registers);
  new Gauge({
    name: 'orca_work_source',
    help: '1 for the work source of the round being mined, or the last one mined; 0 for the other.',
    labelNames: ['source'],
    registers,
    collect() {
      const origin = miner.lastRound?.origin;
      const inUse = origin && nameOf(origin.source);
      for (const source of Object.keys(WORK_SOURCE) as WorkSourceName[]) {
        this.set({ source }, Number(source === inUse));
      }
    },
  });
  gauge(
    'orca_work_source_fallback',
    '1 while koii is mined in place of bitcoin, which is wanted and not to be had; else 0.',
    () => Number(bitcoin.whyKoii !== undefined),
  );
}
