import { expect } from 'chai';
import stringWidth from 'string-width';
import { hashesPerBlock } from '../../../cli/simulate/bitcoin';
import {
  brokenOnBitcoin,
  renderBitcoin,
  type PaidBlock,
  type WithBitcoin,
} from '../../../cli/simulate/bitcoin-report';
import { renderPage } from '../../../cli/simulate/report-page';
import type { RunReport } from '../../../simulator';
import { shownReport } from './shown-report';

const KEYS = ['1'.repeat(44), '2'.repeat(44), '3'.repeat(44)];
const HONEST = new Set(['node-1', 'node-2', 'node-3']);

function block(foundBy: string, paidTo: string | null, fields: Partial<PaidBlock> = {}): PaidBlock {
  const address = paidTo === null ? null : `bcrt1q${paidTo.replace('-', '').repeat(6)}abcdef`;
  return {
    height: 7,
    hash: `${'0'.repeat(8)}${'5e'.repeat(28)}`,
    foundBy,
    round: 1,
    paid: [{ script: '0014ab', satoshi: '5000000000', address, node: paidTo }],
    inChain: true,
    ...fields,
  };
}

/** A run in which three nodes proved 20 million hashes each. */
function run(
  blocks: readonly PaidBlock[],
  fields: Partial<WithBitcoin['bitcoin']> = {},
  workSource = 'bitcoin',
): RunReport & WithBitcoin {
  const report = shownReport(KEYS);
  const rounds = report.rounds.map((round) => ({
    ...round,
    submissions: round.submissions.map((submission) => ({ ...submission, workSource })),
  }));
  const bitcoin = { hashesPerBlock: '20000000', blocks, refusals: [], faults: {}, ...fields };
  return { ...report, rounds, bitcoin };
}

const broken = (report: RunReport & WithBitcoin): string[] => brokenOnBitcoin(report, HONEST);

describe("the report of the simulator's Bitcoin", () => {
  it('finds nothing wrong where blocks come and pay their finders', () => {
    expect(broken(run([block('outside', null), block('node-1', 'node-1')]))).to.deep.equal([]);
  });

  it('fails where a block or a proposal of an honest node is refused', () => {
    const refusals = (['node-2', 'cheat'] as const).map((node) => ({
      node,
      what: 'block' as const,
      hash: 'ab',
      reason: 'bad-cb-height',
    }));
    expect(broken(run([block('node-1', 'node-1')], { refusals }))).to.deep.equal([
      'the Bitcoin node of node-2 refused its block ab: bad-cb-height',
    ]);
  });

  it('fails where a block pays somebody else, or nobody of the run', () => {
    const blocks = [block('node-1', 'node-2'), block('node-1', null), block('cheat', 'node-1')];
    const [first, second, ...others] = broken(run(blocks));
    expect(first).to.match(/^block 0{8}.*, found by node-1, pays node-2 \(bcrt1q/);
    expect(second).to.match(/found by node-1, pays script 0014ab$/);
    expect(others).to.deep.equal([]);
  });

  it('fails without a block only where one was bound to come', () => {
    expect(broken(run([]))).to.deep.equal([]);
    expect(broken(run([], { hashesPerBlock: '4000000' })).join()).to.equal(
      'no node found a block, where 15 were to be expected',
    );
  });

  it('fails where all work was on something else', () => {
    expect(broken(run([], {}, 'koii'))).to.deep.equal(['no proof is of work on Bitcoin']);
  });

  it('says nothing of proofs that were not judged, as after Ctrl-C', () => {
    const report = run([], {}, 'koii');
    for (const round of report.rounds) {
      for (const submission of round.submissions) Object.assign(submission, { valid: undefined });
    }
    expect(broken(report)).to.deep.equal([]);
  });

  it('lists the blocks of nodes within 80 columns, with whom they paid', () => {
    const blocks = [
      block('node-1', 'node-1'),
      block('node-10', 'node-10', { height: 123_456, inChain: false }),
      block('outside', null),
    ];
    const text = renderBitcoin(run(blocks, { faults: { 'warming up': 1, block: 3 } }));
    const lines = text.split('\n');
    const tableLines = lines.filter((line) => /[│┌├└]/.test(line));
    expect(Math.max(...tableLines.map((line) => stringWidth(line)))).to.be.at.most(80);
    expect(text).to.match(/123456 │ …5e5e5e5e │ +1 │ node-10 +│ node-10 …abcdef │ +50 │ no /);
    expect(lines.slice(-3)).to.deep.equal([
      'Bitcoin, simulated: the nodes found 2 blocks (1 of them gave way to blocks of others), others 1.',
      'A block takes 20.0 M hashes on average.',
      'Faults of Bitcoin: warming up 1, block 3.',
    ]);
  });

  it('is on the page, with all blocks in full', () => {
    const page = renderPage(run([block('outside', null), block('node-1', 'node-1')]));
    expect(page).to.include('<h2>Bitcoin</h2>');
    expect(page).to.include(`<code class="key">${'0'.repeat(8)}${'5e'.repeat(28)}</code>`);
    expect(page).to.match(/node-1 \(bcrt1q\w+\)/);
    expect(renderPage(shownReport(KEYS))).not.to.include('<h2>Bitcoin</h2>');
  });

  it('makes blocks as hard as about one a round, unless told otherwise', () => {
    expect(hashesPerBlock({ roundSeconds: 9 }, 3, 1, 2)).to.equal(2 * 9 * 3e6);
    expect(hashesPerBlock({ roundSeconds: 18 }, 3, 1, 16)).to.equal(3 * 18 * 3e6);
    expect(hashesPerBlock({ roundSeconds: 9, hashesPerBlock: 1e6 }, 3, 1, 2)).to.equal(1e6);
  });
});
