import { expect } from 'chai';
import { payoutAddressOf } from '../../src/bitcoin/address';
import { DIFFICULTY_1_TARGET } from '../../src/bitcoin/target';
import { proofRules } from '../../src/consensus';
import { bitcoinState, type BitcoinState } from '../../src/http/routes/bitcoin';
import { settingsFor, type Environment } from '../../src/settings/schema';
import { Settings } from '../../src/settings/settings';
import { FakeBitcoinNetwork } from '../fixtures/bitcoin-network';
import { foundBlock } from '../fixtures/found-block';
import { BITCOIN_ORIGIN, segmentAt } from '../fixtures/segments';
import { SidePort } from '../fixtures/side-port';
import { seed } from '../fixtures/template';
import { until } from '../fixtures/until';

const ROUND = 3;
const NETWORK = 'regtest';
const TASK_PROGRAM = '55'.repeat(20);
const TIP_TIME = 1_790_000_000;
const addressOf = (byte: number): string => payoutAddressOf(Buffer.alloc(20, byte), NETWORK);
const PAYOUT = addressOf(0x44);

describe('GET /bitcoin', function () {
  this.timeout(30_000);
  let bitcoin: FakeBitcoinNetwork;
  let side: SidePort;
  afterEach(() => side.close());

  async function open({
    env = {},
    percent,
  }: { env?: Environment; percent?: number } = {}): Promise<void> {
    bitcoin = new FakeBitcoinNetwork();
    const taskPayout = percent === undefined ? undefined : { program: TASK_PROGRAM, percent };
    const chosen = { MINING_THREADS: '1', MINING_INTENSITY: '1', PAYOUT_ADDRESS: PAYOUT, ...env };
    side = await SidePort.open({
      bitcoinNetwork: bitcoin,
      rules: proofRules({ network: NETWORK, taskPayout }),
      settings: Settings.of(chosen, settingsFor(NETWORK)),
    });
  }

  /** Each answer is held to docs/openapi.yaml. */
  async function state(): Promise<BitcoinState> {
    const { status, headers, body } = await side.ask('/bitcoin');
    expect(status).to.equal(200);
    expect(headers.get('cache-control')).to.equal('no-store');
    return body as unknown as BitcoinState;
  }

  async function showTip(height: number, refusal?: string): Promise<void> {
    bitcoin.verdict = refusal ?? null;
    bitcoin.push(segmentAt(height + 1), TIP_TIME);
    await until(() => side.node.bitcoin.tip !== undefined);
    if (refusal !== undefined) await until(() => side.node.bitcoin.refusal !== undefined);
  }

  it('knows nothing where nobody set anything', async () => {
    side = await SidePort.open();
    expect(await state()).to.deep.equal({
      network: 'main',
      wanted: 'auto',
      source: null,
      why_koii: null,
      tip: null,
      network_difficulty: null,
      best_difficulty: null,
      hash_rate: 0,
      chance: null,
      payout: null,
      task_payout: null,
      nodes: [],
      refusal: null,
      blocks: [],
    });
  });

  it('has the tip, its age, the difficulties, the chance and who is paid', async () => {
    await open({ percent: 10 });
    await showTip(149);
    const { miner, bests, workers } = side.node;
    await miner.begin(ROUND, seed, Infinity);
    expect(miner.lastRound!.origin.source).to.equal(BITCOIN_ORIGIN.source);
    bests.note({ workerId: 'rig1', hashValue: DIFFICULTY_1_TARGET / 2n, round: 1 });
    Object.defineProperty(miner, 'hashrateHps', { value: 1e6 });
    Object.defineProperty(workers.shared, 'hashrateHps', { value: 2e6 });
    Object.defineProperty(workers.register('rig1'), 'hashrateHps', { value: 1e12 });
    expect(await state()).to.deep.include({
      network: NETWORK,
      wanted: 'auto',
      source: 'bitcoin',
      why_koii: null,
      best_difficulty: 2,
      hash_rate: 1e12 + 3e6,
      // The first block after a halving of regtest: 25 bitcoins.
      payout: { address: PAYOUT, next_block_sat: 2_250_000_000 },
      task_payout: { address: addressOf(0x55), percent: 10, next_block_sat: 250_000_000 },
      nodes: [{ name: '127.0.0.1:8332', fault: null }],
      refusal: null,
    });
    const { tip, network_difficulty, chance } = bitcoinState(side.node, TIP_TIME * 1000 + 95_000);
    expect(tip).to.deep.equal({
      height: 149,
      hash: Buffer.alloc(32, 150).toString('hex'),
      time: '2026-09-21T14:13:20.000Z',
      age_seconds: 95,
    });
    // bits 1700ffff
    expect(network_difficulty).to.equal(2 ** 48);
    expect(chance!.per_day).to.be.closeTo((1e12 * 86_400) / 2 ** 80, 1e-12);
    expect(chance!.words).to.equal('about 1 in 14 million a day, about 1 in 38,000 a year');
  });

  it('shows the hash of a tip the way round in which people write it', async () => {
    await open();
    bitcoin.push({ ...segmentAt(7), prev: Buffer.from([...Array(32).keys()]) }, TIP_TIME);
    await until(() => side.node.bitcoin.tip !== undefined);
    expect((await state()).tip!.hash).to.match(/^1f1e1d.*020100$/);
  });

  it('gives a tip from the future no age', async () => {
    await open();
    await showTip(5);
    expect(bitcoinState(side.node, (TIP_TIME - 60) * 1000).tip!.age_seconds).to.equal(0);
  });

  it('says why the work is koii, and of what each Bitcoin node suffers, and then has no chance', async () => {
    await open();
    bitcoin.peers = [{ name: '127.0.0.1:8332', fault: 'it is still downloading blocks' }];
    await showTip(5);
    await side.node.miner.begin(ROUND, seed, Infinity);
    expect(await state()).to.deep.include({
      source: 'koii',
      why_koii: 'it is still downloading blocks',
      chance: null,
      nodes: [{ name: '127.0.0.1:8332', fault: 'it is still downloading blocks' }],
    });
  });

  it('has no reason to give where koii was chosen', async () => {
    await open({ env: { WORK_SOURCE: 'koii' } });
    await side.node.miner.begin(ROUND, seed, Infinity);
    expect(await state()).to.deep.include({ wanted: 'koii', source: 'koii', why_koii: null });
  });

  it("has the node's reason not to take our block", async () => {
    await open();
    await showTip(5, 'bad-cb-height');
    expect((await state()).refusal).to.deep.equal({ reason: 'bad-cb-height', height: 6 });
  });

  it('has no difficulty where the bits are those of no target', async () => {
    await open();
    bitcoin.push({ ...segmentAt(7), bits: 0xff7fffff }, TIP_TIME);
    await until(() => side.node.bitcoin.tip !== undefined);
    expect(await state()).to.include({ network_difficulty: null, chance: null });
  });

  it('lists the blocks found, the newest first, with what became of them', async () => {
    await open();
    const { blocks, rules } = side.node;
    for (const height of [6, 7]) {
      blocks.found(foundBlock(height, ROUND, 'rig1', rules));
    }
    const [newest, older] = (await state()).blocks;
    expect(older!.height).to.equal(6);
    const { found_at, ...block } = newest!;
    expect(Date.parse(found_at)).to.be.closeTo(Date.now(), 30_000);
    expect(block).to.deep.equal({
      hash: `${'0'.repeat(63)}7`,
      height: 7,
      value_sat: 5_000_000_000,
      address: PAYOUT,
      state: 'pending',
      answers: [],
      round_number: ROUND,
      worker_id: 'rig1',
    });
    const answer = { node: '127.0.0.1:8332', verdict: 'refused', reason: 'high-hash' } as const;
    bitcoin.answer(answer);
    expect((await state()).blocks[0]).to.deep.include({ state: 'refused', answers: [answer] });
  });

  it('never has the user or the password of a URL', async () => {
    const env = { BITCOIN_RPC_URL: 'http://satoshi:hunter2@127.0.0.1:9' };
    side = await SidePort.open({
      settings: Settings.of({ MINING_THREADS: '1', ...env }),
    });
    await until(() => side.node.bitcoin.peers[0]?.fault !== undefined);
    const answer = await state();
    expect(answer.nodes[0]!.name).to.equal('127.0.0.1:9');
    expect(JSON.stringify(answer)).not.to.match(/satoshi|hunter2/);
  });

  it('takes nothing but GET and HEAD', async () => {
    await open();
    const { status, headers } = await fetch(`${side.url}/bitcoin`, { method: 'POST' });
    expect([status, headers.get('allow')]).to.deep.equal([405, 'GET, HEAD']);
  });
});
