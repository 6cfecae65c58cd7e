import Table from 'cli-table3';
import { OUTSIDE, type BitcoinReport, type BlockReport, type RunReport } from '../../simulator';
import { count, si } from '../../src/format';
import { isValid, sourceIn } from './fair-list';
import { WORK_SOURCE } from '../../src/consensus';
import { html, table, type Html } from './html';

/** A payment with its payee. */
export type PaidTo = BlockReport['paid'][number] & {
  /** Null where no node of the run is paid. */
  readonly address: string | null;
  readonly node: string | null;
};

export type PaidBlock = Omit<BlockReport, 'paid'> & { readonly paid: readonly PaidTo[] };

/** What a run on the simulator's Bitcoin reports besides. */
export interface WithBitcoin {
  readonly bitcoin: Omit<BitcoinReport, 'blocks'> & { readonly blocks: readonly PaidBlock[] };
}

export function hasBitcoin<R extends RunReport>(
  report: R & Partial<WithBitcoin>,
): report is R & WithBitcoin {
  return report.bitcoin !== undefined;
}

const SATOSHI = 1e8;
const HASH_DIGITS = 8;
/** So improbable is it that no block comes where at least this many were to be expected: e^-14. */
const CERTAIN_BLOCKS = 14;

/**
 * What must hold on the simulator's Bitcoin: blocks come, are taken and pay their finder.
 * @param honest names of the nodes that don't cheat
 * @returns a sentence for each requirement that did not hold
 */
export function brokenOnBitcoin(
  report: RunReport & WithBitcoin,
  honest: ReadonlySet<string>,
): string[] {
  const refusals = report.bitcoin.refusals.filter(({ node }) => honest.has(node));
  const found = report.bitcoin.blocks.filter(({ foundBy }) => honest.has(foundBy));
  const expected = expectedBlocks(report);
  // If the run was cut short, the last proofs may not have been judged.
  const valid = report.rounds.flatMap(({ submissions }) => submissions.filter(isValid));
  return [
    ...refusals.map(
      ({ node, what, hash, reason }) =>
        `the Bitcoin node of ${node} refused its ${what} ${hash}: ${reason}`,
    ),
    ...found.flatMap(({ foundBy, hash, paid }) =>
      paid.every(({ node }) => node === foundBy)
        ? []
        : [`block ${hash}, found by ${foundBy}, pays ${paid.map(payeeOf).join(' and ')}`],
    ),
    ...(valid.length > 0 && !valid.some(isOnBitcoin) ? ['no proof is of work on Bitcoin'] : []),
    ...(found.length === 0 && expected >= CERTAIN_BLOCKS
      ? [`no node found a block, where ${Math.round(expected)} were to be expected`]
      : []),
  ];
}

/** A table of the nodes' blocks, at most 80 columns wide, and sentences about it. */
export function renderBitcoin(report: RunReport & WithBitcoin): string {
  const found = report.bitcoin.blocks.filter(isFound);
  if (found.length === 0) return sentences(report).join('\n');
  const shown = new Table({
    head: ['Block', 'Hash', 'Round', 'Found by', 'Pays', 'BTC', 'In the\nchain'],
    colAligns: ['right', 'left', 'right', 'left', 'left', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const { height, hash, round, foundBy, paid, inChain } of found) {
    shown.push([
      height,
      `…${hash.slice(-HASH_DIGITS)}`,
      round ?? '-',
      foundBy,
      paid
        .map(({ address, node }) => `${node ?? 'nobody'} …${(address ?? '').slice(-6)}`)
        .join('\n'),
      paid.map(bitcoins).join('\n'),
      inChain ? 'yes' : 'no',
    ]);
  }
  return [shown.toString(), ...sentences(report)].join('\n');
}

/** The same for the page, with all blocks in full. */
export function bitcoinSection(report: RunReport & WithBitcoin): Html {
  return html`<h2>Bitcoin</h2>
    ${sentences(report).map((text) => html`<p>${text}</p>`)}
    ${table(
      ['Block', 'Hash', 'Round', 'Found by', 'Pays', 'BTC', 'In the chain'],
      report.bitcoin.blocks.map(({ height, hash, round, foundBy, paid, inChain }) => [
        height,
        html`<code class="key">${hash}</code>`,
        round ?? '-',
        foundBy,
        paid.map(payeeOf).join(', '),
        paid.map(bitcoins).join(', '),
        inChain ? 'yes' : 'no',
      ]),
      [0, 2, 5],
    )}`;
}

function sentences(report: RunReport & WithBitcoin): string[] {
  const { blocks, faults, hashesPerBlock } = report.bitcoin;
  const found = blocks.filter(isFound);
  const lost = found.filter(({ inChain }) => !inChain).length;
  const gaveWay = lost === 0 ? '' : ` (${lost} of them gave way to blocks of others)`;
  const told = Object.entries(faults).map(([kind, times]) => `${kind} ${times}`);
  return [
    `Bitcoin, simulated: the nodes found ${count(found.length, 'block')}${gaveWay}, others ${blocks.length - found.length}.`,
    `A block takes ${si(Number(hashesPerBlock))} hashes on average.`,
    ...(told.length === 0 ? [] : [`Faults of Bitcoin: ${told.join(', ')}.`]),
  ];
}

/** How many blocks the nodes' work finds on average. */
function expectedBlocks({ rounds, bitcoin }: RunReport & WithBitcoin): number {
  const hashes = rounds
    .flatMap(({ submissions }) => submissions)
    .filter(isOnBitcoin)
    .reduce((sum, { estimatedHashes }) => sum + Number(estimatedHashes), 0);
  return hashes / Number(bitcoin.hashesPerBlock);
}

function isOnBitcoin(submission: RunReport['rounds'][number]['submissions'][number]): boolean {
  return isValid(submission) === true && sourceIn(submission) === WORK_SOURCE.bitcoin;
}

function isFound({ foundBy }: PaidBlock): boolean {
  return foundBy !== OUTSIDE;
}

function payeeOf({ address, node, script }: PaidTo): string {
  return address === null ? `script ${script}` : `${node} (${address})`;
}

function bitcoins({ satoshi }: PaidTo): string {
  return String(Number(satoshi) / SATOSHI);
}
