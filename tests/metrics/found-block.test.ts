import { expect } from 'chai';
import { createNode, stopNode, type MiningNode } from '../../src/node';
import { createLog } from '../../src/process/log';
import { Settings } from '../../src/settings/settings';
import { FakeBitcoinNetwork } from '../fixtures/bitcoin-network';
import { foundBlock } from '../fixtures/found-block';
import { MemoryStore } from '../fixtures/memory-store';
import { segmentAt } from '../fixtures/segments';
import { identity } from '../fixtures/template';
import { until } from '../fixtures/until';

const NODE = '127.0.0.1:8332';
const HEIGHT = 900_001;

describe('a found block', () => {
  let network: FakeBitcoinNetwork;
  let store: MemoryStore;
  let lines: string[];
  let node: MiningNode;

  beforeEach(async () => {
    network = new FakeBitcoinNetwork();
    network.push(segmentAt(HEIGHT), Math.floor(Date.now() / 1000) - 60);
    store = new MemoryStore();
    lines = [];
    node = await createNode({
      settings: Settings.of({ MINING_THREADS: '1', MINING_INTENSITY: '1' }),
      log: createLog('info', (line) => lines.push(line)),
      identity,
      store,
      sdk: 'koii',
      nodeCallFailures: new Map(),
      chain: { submissions: () => Promise.reject(new Error('the node is away')) },
      bitcoinNetwork: network,
    });
    await until(() => node.bitcoin.tip !== undefined);
    node.blocks.found(foundBlock(HEIGHT, 7, 'rig1'));
  });

  afterEach(() => stopNode(node));

  const series = async (name: string): Promise<string[]> =>
    (await node.metrics.render()).split('\n').filter((line) => line.startsWith(`orca_${name}`));

  it('is in the metrics, the history and the log before any answer', async () => {
    expect(await series('bitcoin_blocks_')).to.deep.equal([
      'orca_bitcoin_blocks_found_total 1',
      'orca_bitcoin_blocks_accepted_total 0',
      'orca_bitcoin_blocks_pending 1',
    ]);
    expect(await series('bitcoin_tip_height')).to.deep.equal([
      `orca_bitcoin_tip_height{network="main"} ${HEIGHT - 1}`,
    ]);
    expect(await series('bitcoin_node_up')).to.deep.equal([
      `orca_bitcoin_node_up{node="${NODE}"} 1`,
    ]);
    const [entry] = node.history.blocks.entries;
    expect(entry).to.deep.include({ height: HEIGHT, workerId: 'rig1', state: 'pending' });
    expect(lines.join('\n')).to.include(`found block ${entry!.hash}`);
  });

  it('is accepted in all of them', async () => {
    network.answer({ verdict: 'accepted', reason: '' });
    expect(await series('bitcoin_blocks_')).to.deep.equal([
      'orca_bitcoin_blocks_found_total 1',
      'orca_bitcoin_blocks_accepted_total 1',
      'orca_bitcoin_blocks_pending 0',
    ]);
    expect(node.history.blocks.entries.map(({ state }) => state)).to.deep.equal(['accepted']);
    expect(lines.join('\n')).to.include(`is accepted by ${NODE}`);
  });

  it('is refused in all of them, with the reason', async () => {
    network.answer({ verdict: 'refused', reason: 'high-hash' });
    const counted = (await series('bitcoin_block_answers_total')).filter((line) =>
      line.endsWith(' 1'),
    );
    expect(counted).to.deep.equal([
      'orca_bitcoin_block_answers_total{verdict="refused",reason="high-hash"} 1',
    ]);
    expect(node.history.blocks.entries.map(({ state }) => state)).to.deep.equal(['refused']);
    expect(lines.join('\n')).to.include(`is refused by ${NODE} (high-hash)`);
  });
});
