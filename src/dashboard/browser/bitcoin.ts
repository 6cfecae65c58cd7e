import { count, duration, si } from '../../format';
import type { BitcoinState, FoundBlockState, Status } from '../update';
import { byId, clock, element, isNew, setText } from './dom';
import { nameOf } from './miners';

// What the page shows of Bitcoin: the blocks found, the tip, the chance of a block, and who is paid. What its nodes say
// is anybody's text.

const SATOSHI = 1e8;

/** Everything in this file. */
export function showBitcoin({ bitcoin, wantsBitcoin, blocksFound }: Status): void {
  document.documentElement.dataset['bitcoin'] = wantsBitcoin ? 'yes' : 'no';
  showFound(bitcoin, blocksFound);
  const { network, refusal, chance, hash_rate } = bitcoin;
  setText('bitcoin-network', `${network} network`);
  const warning = byId('bitcoin-refusal');
  warning.hidden = refusal === null;
  if (refusal) {
    setText(
      warning,
      `Your Bitcoin node would refuse a block of this task at height ${grouped(refusal.height)}: ${refusal.reason}. The next round is mined with the task's own headers.`,
    );
  }
  setText('bitcoin-work', workText(bitcoin));
  showTip(bitcoin);
  setText('bitcoin-difficulty', difficultyText(bitcoin));
  setText(
    'bitcoin-chance',
    chance
      ? `${chance.words}, at ${si(hash_rate, 'H/s')}`
      : bitcoin.source === 'koii'
        ? "none: the task's own headers are nobody's blocks"
        : '–',
  );
  showPayments(bitcoin);
  showNodes(bitcoin);
}

function workText({ source, why_koii, wanted }: BitcoinState): string {
  if (source === 'bitcoin') return 'real Bitcoin blocks';
  if (source === null) return 'no round was mined since the task started';
  const why = why_koii ?? (wanted === 'koii' ? 'WORK_SOURCE is koii' : null);
  return `the task's own headers${why === null ? '' : `: ${why}`}`;
}

function showTip({ tip }: BitcoinState): void {
  const text = tip
    ? `block ${grouped(tip.height)}, ${duration(tip.age_seconds * 1000)} old`
    : 'none yet';
  setText('bitcoin-tip', text);
  setText('bitcoin-hash', tip?.hash ?? '');
  byId('bitcoin-hash').title = tip?.hash ?? '';
}

function difficultyText({ network_difficulty, best_difficulty }: BitcoinState): string {
  if (network_difficulty === null) return '–';
  const best = best_difficulty === null ? 'none yet' : si(best_difficulty);
  return `${si(network_difficulty)}; this node's best ever: ${best}`;
}

function showPayments({ payout, task_payout, network }: BitcoinState): void {
  setText(
    'bitcoin-payout',
    payout ? paymentText(payout, network) : 'nobody: PAYOUT_ADDRESS is not set',
  );
  for (const part of document.querySelectorAll<HTMLElement>('.for-task')) {
    part.hidden = task_payout === null;
  }
  if (!task_payout) return;
  setText(
    'bitcoin-task',
    `${task_payout.percent} % of the subsidy, to ${paymentText(task_payout, network)}`,
  );
}

function paymentText(
  { address, next_block_sat }: NonNullable<BitcoinState['payout']>,
  network: BitcoinState['network'],
): string {
  return next_block_sat === null
    ? address
    : `${address}, ${coins(next_block_sat, network)} by the next block`;
}

function showNodes({ nodes }: BitcoinState): void {
  const list = byId('bitcoin-nodes');
  if (!isNew(list, nodes)) return;
  if (nodes.length === 0) {
    list.replaceChildren('none: BITCOIN_RPC_URL was not set when the task started');
    return;
  }
  const lines = nodes.map(({ name, fault }) =>
    element('li', fault === null ? '' : 'warn', `${name}: ${fault ?? 'works'}`),
  );
  list.replaceChildren(element('ul', '', ...lines));
}

function showFound({ blocks, network }: BitcoinState, found: number): void {
  byId('found').hidden = blocks.length === 0;
  const list = byId('found-list');
  if (!isNew(list, blocks)) return;
  setText('found-title', `${count(found, 'Bitcoin block')} found`);
  list.replaceChildren(...blocks.map((block) => blockLine(block, network)));
  const more = found - blocks.length;
  byId('found-more').hidden = more === 0;
  setText('found-more', `and ${more} before: GET /bitcoin has them`);
}

function blockLine(block: FoundBlockState, network: BitcoinState['network']): HTMLElement {
  const { height, value_sat, hash, address, found_at, worker_id, round_number } = block;
  const at = Date.parse(found_at);
  const day = new Date(at).toLocaleDateString([], {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });
  const { text, className } = fate(block);
  return element(
    'li',
    '',
    element('p', 'value', `Block ${grouped(height)}: ${coins(value_sat, network)}`),
    element('p', 'mono', hash),
    element('p', className, text),
    element(
      'p',
      'muted',
      `pays ${address}; ${day} ${clock(at)}, round ${round_number}, by `,
      element('bdi', '', nameOf(worker_id)),
    ),
  );
}

/** Where it was accepted, or what became of it. */
function fate({ state, answers }: FoundBlockState): { text: string; className: string } {
  const said = answers
    .filter(({ verdict }) => verdict === state)
    .map(({ node, reason }) => `${node}${reason === '' ? '' : ` (${reason})`}`)
    .join(', ');
  switch (state) {
    case 'accepted':
      return { text: `accepted by ${said}`, className: 'good' };
    case 'inconclusive':
      return { text: `kept beside another block of its height by ${said}`, className: 'warn' };
    case 'refused':
      return { text: `refused by ${said}`, className: 'bad' };
    case 'given up':
      return { text: 'given up: no Bitcoin node answered for 100 blocks', className: 'bad' };
    default:
      return { text: 'handed in: no Bitcoin node has answered yet', className: 'warn' };
  }
}

/** "3.125 BTC" */
function coins(satoshi: number, network: BitcoinState['network']): string {
  const amount = (satoshi / SATOSHI).toLocaleString('en', { maximumFractionDigits: 8 });
  return `${amount} ${network === 'main' ? 'BTC' : 'test BTC'}`;
}

/** "900,001" */
function grouped(height: number): string {
  return height.toLocaleString('en');
}
