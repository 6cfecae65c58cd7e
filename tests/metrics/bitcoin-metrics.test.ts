import { expect } from 'chai';
import { Registry } from 'prom-client';
import { difficultyOf, bitsToTarget } from '../../src/bitcoin/target';
import { WORK_SOURCE } from '../../src/consensus';
import { addBitcoinMetrics, type BitcoinSources } from '../../src/metrics/bitcoin-metrics';
import type { Block, BlockListener } from '../../src/rounds/blocks';
import type { BlockAnswer } from '../../src/work/bitcoin-network';
import type { Origin } from '../../src/work/source';
import { BITCOIN_ORIGIN, segmentAt } from '../fixtures/segments';

const NOW = 1_790_000_000_000;

const BLOCK: Block = {
  hash: '0'.repeat(64),
  height: 900_001,
  round: 7,
  workerId: 'rig1',
  valueSat: 312_500_000,
  payout: '44'.repeat(20),
  foundAt: NOW,
  state: 'pending',
  answers: [],
};

describe('the metrics of Bitcoin', () => {
  let registry: Registry;
  let blocks: { found: number; kept: Block[]; tell: BlockListener };
  let bitcoin: {
    -readonly [key in keyof BitcoinSources['bitcoin']]: BitcoinSources['bitcoin'][key];
  };
  let origin: Origin | undefined;

  beforeEach(() => {
    registry = new Registry();
    blocks = { found: 0, kept: [], tell: () => undefined };
    bitcoin = {
      tip: undefined,
      peers: [],
      refusal: undefined,
      refusalsSinceStart: 0,
      whyKoii: undefined,
    };
    origin = undefined;
    addBitcoinMetrics([registry], {
      blocks: {
        list: () => blocks.kept,
        get foundSinceStart() {
          return blocks.found;
        },
        onChange: (listener) => (blocks.tell = listener),
      },
      bitcoin,
      miner: {
        get lastRound() {
          return origin && { origin };
        },
      },
      network: 'main',
      now: () => NOW,
    });
  });

  /** A block's answers one after another, as `Blocks` tells of them. */
  function answer(...answers: BlockAnswer[]): void {
    answers.forEach((one, index) =>
      blocks.tell({ ...BLOCK, answers: answers.slice(0, index + 1) }, one),
    );
  }

  async function valueOf(series: string): Promise<number | undefined> {
    const lines = (await registry.metrics()).split('\n');
    const line = lines.find((one) => one.startsWith(`orca_${series} `));
    return line === undefined ? undefined : Number(line.split(' ')[1]);
  }

  const answersOf = (verdict: string, reason: string): Promise<number | undefined> =>
    valueOf(`bitcoin_block_answers_total{verdict="${verdict}",reason="${reason}"}`);

  const showTip = (bits: number, tipTime = NOW / 1000 - 90): void => {
    const segment = { ...segmentAt(900_001), bits };
    bitcoin.tip = { segment, tipTime, judge: () => Promise.resolve(undefined), seenAtMs: 0 };
  };

  it('are 0 for a node that uses no Bitcoin, and name no Bitcoin node', async () => {
    const text = await registry.metrics();
    const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of series) expect(line).to.match(/ 0$/);
    expect(series.join('\n')).to.include(
      'orca_bitcoin_block_answers_total{verdict="refused",reason="high-hash"} 0',
    );
    expect(text).to.include('# TYPE orca_bitcoin_node_up gauge').and.not.include('node_up{');
  });

  it('count a block that two nodes accept once as accepted, and both answers', async () => {
    blocks.found = 1;
    blocks.tell(BLOCK);
    expect(await valueOf('bitcoin_blocks_accepted_total')).to.equal(0);
    answer(
      { node: 'a:8332', verdict: 'accepted', reason: '' },
      { node: 'b:8332', verdict: 'accepted', reason: 'duplicate' },
    );
    expect(await valueOf('bitcoin_blocks_found_total')).to.equal(1);
    expect(await valueOf('bitcoin_blocks_accepted_total')).to.equal(1);
    expect(await answersOf('accepted', 'none')).to.equal(2);
  });

  it('count a block beside another of its height apart', async () => {
    answer({ node: 'a:8332', verdict: 'inconclusive', reason: 'inconclusive' });
    expect(await answersOf('inconclusive', 'none')).to.equal(1);
    expect(await valueOf('bitcoin_blocks_accepted_total')).to.equal(0);
  });

  it('count refusals by their reasons, Core’s details left out', async () => {
    for (const reason of ['high-hash', 'bad-version(0x20000000)', 'bad-version']) {
      answer({ node: 'a:8332', verdict: 'refused', reason });
    }
    expect(await answersOf('refused', 'high-hash')).to.equal(1);
    expect(await answersOf('refused', 'bad-version')).to.equal(2);
  });

  it('make no label of what a node makes up', async () => {
    const before = (await registry.metrics()).split('\n').length;
    for (const reason of [
      '',
      'made-up',
      'HIGH-HASH',
      'high-hash"} 1',
      'constructor',
      '"'.repeat(100),
    ]) {
      answer({ node: 'a:8332', verdict: 'refused', reason });
    }
    expect((await registry.metrics()).split('\n')).to.have.length(before);
    expect(await answersOf('refused', 'other')).to.equal(6);
  });

  it('count the blocks that wait for an answer', async () => {
    blocks.kept = [BLOCK, { ...BLOCK, state: 'accepted' }, BLOCK, { ...BLOCK, state: 'given up' }];
    expect(await valueOf('bitcoin_blocks_pending')).to.equal(2);
  });

  it('show whether the node would refuse our block, and for how many tips it would have', async () => {
    [bitcoin.refusal, bitcoin.refusalsSinceStart] = [{ reason: 'bad-cb-amount', height: 9 }, 3];
    expect(await valueOf('bitcoin_would_refuse')).to.equal(1);
    bitcoin.refusal = undefined;
    expect(await valueOf('bitcoin_would_refuse')).to.equal(0);
    expect(await valueOf('bitcoin_proposals_refused_total')).to.equal(3);
  });

  it('show the tip: its height, how old it is, and the difficulty of the next block', async () => {
    showTip(0x1b0404cb);
    expect(await valueOf('bitcoin_tip_height{network="main"}')).to.equal(900_000);
    expect(await valueOf('bitcoin_tip_age_seconds{network="main"}')).to.equal(90);
    const difficulty = difficultyOf(bitsToTarget(0x1b0404cb));
    expect(difficulty).to.be.closeTo(16307.42, 0.01);
    expect(await valueOf('bitcoin_difficulty{network="main"}')).to.equal(difficulty);
  });

  it('take a tip of the future for new, and bits that are no target for nothing', async () => {
    showTip(0xff8f_ffff, NOW / 1000 + 3600);
    expect(await valueOf('bitcoin_tip_age_seconds{network="main"}')).to.equal(0);
    expect(await valueOf('bitcoin_difficulty{network="main"}')).to.equal(0);
  });

  it('show each Bitcoin node of the settings, up or not', async () => {
    bitcoin.peers = [
      { name: '127.0.0.1:8332', fault: undefined },
      { name: '10.0.0.2:8332', fault: 'connection refused' },
    ];
    expect(await valueOf('bitcoin_node_up{node="127.0.0.1:8332"}')).to.equal(1);
    expect(await valueOf('bitcoin_node_up{node="10.0.0.2:8332"}')).to.equal(0);
  });

  it('show the work source in use, and whether it stands in for another', async () => {
    const sources = async () => [
      await valueOf('work_source{source="koii"}'),
      await valueOf('work_source{source="bitcoin"}'),
      await valueOf('work_source_fallback'),
    ];
    origin = BITCOIN_ORIGIN;
    expect(await sources()).to.deep.equal([0, 1, 0]);
    origin = { source: WORK_SOURCE.koii };
    bitcoin.whyKoii = 'the Bitcoin node has shown no tip yet';
    expect(await sources()).to.deep.equal([1, 0, 1]);
  });
});
