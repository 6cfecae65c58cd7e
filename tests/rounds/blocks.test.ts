import { expect } from 'chai';
import { sha256d } from '../../src/bitcoin/sha256';
import { displayHash, hashValue } from '../../src/bitcoin/target';
import { PROOF_RULES, proofRules, type ProofRules } from '../../src/consensus';
import { createLog } from '../../src/process/log';
import { shareOf } from '../../src/proof/shares';
import { Blocks, type Block, type FoundBlock } from '../../src/rounds/blocks';
import { headerOf, type Template } from '../../src/work/segment';
import { KOII_WORK, minedTemplateOn } from '../../src/work/source';
import { FakeBitcoinNetwork } from '../fixtures/bitcoin-network';
import { HeldStore } from '../fixtures/held-store';
import { BITCOIN_ORIGIN, segmentAt } from '../fixtures/segments';
import { identity, seed } from '../fixtures/template';
import { until } from '../fixtures/until';

/** As on regtest: every second hash is a block. */
const EASY_BITS = 0x207fffff;

function templateAt(height: number, rules: ProofRules = PROOF_RULES, bits = EASY_BITS): Template {
  const of = { taskId: identity.taskId, round: 5, seed };
  const segment = { ...segmentAt(height), bits };
  return minedTemplateOn(BITCOIN_ORIGIN, segment, of, identity.submitter, rules);
}

function blockOn(template: Template, nonce = 0): FoundBlock {
  const attempt = { prefix: 1, extranonce2: 2, versionBits: 3, timeOffset: 4, nonce };
  const { hashValue } = shareOf(template, attempt);
  return { round: 5, template, attempt, hashValue, workerId: 'rig1' };
}

describe('Blocks', () => {
  let store: HeldStore;
  let network: FakeBitcoinNetwork;
  let lines: string[];
  let blocks: Blocks;
  let told: Block['state'][];
  const restart = async (): Promise<void> => {
    network = new FakeBitcoinNetwork();
    [lines, told] = [[], []];
    const log = createLog('info', (line) => lines.push(line));
    blocks = await Blocks.open({ store, network, log });
    blocks.onChange(({ state }) => told.push(state));
  };
  beforeEach(() => {
    store = new HeldStore();
    return restart();
  });
  afterEach(() => {
    store.release();
    store.broken = false;
    return blocks.close();
  });
  const find = (height = 200, nonce = 0): void => blocks.found(blockOn(templateAt(height), nonce));
  const only = (): Block => {
    expect(blocks.list()).to.have.length(1);
    return blocks.list()[0]!;
  };
  const stored = (): string[] => {
    const text = store.values.get('blocks') ?? '[]';
    return (JSON.parse(text) as Block[]).map(({ state }) => state);
  };

  it('are handed in and written at the same moment, whatever the store does', async () => {
    store.hold();
    find();
    // Before any promise has resolved.
    expect(network.handedIn).to.have.length(1);
    await until(() => store.waiting.includes('blocks'));
    network.handedIn[0]!.answer();
    expect(only().state).to.equal('accepted');
    store.release();
    await blocks.close();
    expect(stored()).to.deep.equal(['accepted']);
  });

  it('are their header, the number of transactions and the coinbase, and told with what they pay', () => {
    const found = blockOn(templateAt(200));
    blocks.found(found);
    const { block } = network.handedIn[0]!;
    const { hash, ...rest } = only();
    expect(block.subarray(0, 80)).to.deep.equal(headerOf(found.template, found.attempt));
    expect(displayHash(hashValue(sha256d(block.subarray(0, 80))))).to.equal(hash);
    expect(block[80]).to.equal(1);
    // The only transaction's id is the merkle root.
    expect(sha256d(block.subarray(81))).to.deep.equal(block.subarray(36, 68));
    expect(rest).to.deep.include({
      height: 200,
      round: 5,
      workerId: 'rig1',
      valueSat: 5_000_000_000,
      payout: '44'.repeat(20),
      answers: [],
    });
    expect([told, blocks.foundSinceStart]).to.deep.equal([['pending'], 1]);
  });

  it('are told with what is left to the operator where the task is paid too', () => {
    const taskPayout = { program: '55'.repeat(20), percent: 10 };
    const rules = proofRules({ network: 'regtest', taskPayout });
    blocks.found(blockOn(templateAt(150, rules)));
    expect(only()).to.include({ valueSat: 2_250_000_000, payout: '44'.repeat(20) });
  });

  it('count once, however often they are found', async () => {
    find();
    find();
    expect([network.handedIn.length, blocks.foundSinceStart]).to.deep.equal([1, 1]);
    await blocks.close();
    await restart();
    find();
    expect([network.handedIn.length, blocks.foundSinceStart]).to.deep.equal([1, 0]);
    expect(only().state).to.equal('pending');
  });

  it('are accepted if one node takes them, whatever others say', () => {
    find();
    const { answer } = network.handedIn[0]!;
    const states = (['refused', 'inconclusive', 'refused', 'accepted', 'refused'] as const).map(
      (verdict, i) => {
        answer({ node: `node${i}`, verdict, reason: `reason ${i}` });
        return only().state;
      },
    );
    expect(states).to.deep.equal([
      'refused',
      'inconclusive',
      'inconclusive',
      'accepted',
      'accepted',
    ]);
    expect(only().answers[4]).to.deep.equal({
      node: 'node4',
      verdict: 'refused',
      reason: 'reason 4',
    });
    expect(told).to.deep.equal(['pending', ...states]);
    expect(lines.join()).to.include('is refused by node0 (reason 0)');
  });

  it('are handed in again by the next process while no node has answered', async () => {
    find(200);
    find(201);
    network.handedIn[1]!.answer({ verdict: 'refused', reason: 'high-hash' });
    const { block } = network.handedIn[0]!;
    await blocks.close();
    expect(network.handedIn[0]!.signal.aborted).to.equal(true);
    await restart();
    expect(network.handedIn.map((handed) => handed.block)).to.deep.equal([block]);
    network.handedIn[0]!.answer({ reason: 'duplicate' });
    await blocks.close();
    await restart();
    expect(network.handedIn).to.deep.equal([]);
    expect(blocks.list().map(({ state }) => state)).to.deep.equal(['refused', 'accepted']);
  });

  it('are given up with 100 blocks behind them, and then no node is asked any more', async () => {
    find(200);
    find(201);
    blocks.chainIsAt(299);
    expect(told).to.deep.equal(['pending', 'pending']);
    blocks.chainIsAt(300);
    expect(blocks.list().map(({ state }) => state)).to.deep.equal(['pending', 'given up']);
    expect(network.handedIn.map(({ signal }) => signal.aborted)).to.deep.equal([true, false]);
    network.handedIn[1]!.answer({ verdict: 'inconclusive' });
    find(202);
    await blocks.close();
    await restart();
    expect(network.handedIn).to.have.length(1);
    expect(blocks.list().map(({ state }) => state)).to.deep.equal([
      'pending',
      'inconclusive',
      'given up',
    ]);
  });

  it('are asked about no longer when one node answered and another never does', () => {
    // The fake's promise stays, as of a network with another node that is away.
    network.handIn = (block, onAnswer, signal) => {
      network.handedIn.push({ block: Buffer.from(block), signal, answer: () => undefined });
      onAnswer({ node: 'a', verdict: 'accepted', reason: '' });
      return new Promise(() => undefined);
    };
    find(200);
    blocks.chainIsAt(300);
    expect(only().state).to.equal('accepted');
    expect(network.handedIn[0]!.signal.aborted).to.equal(true);
  });

  it('are kept up to 32, and those without an answer longest', async () => {
    for (let height = 1; height <= 34; height++) {
      find(height);
      if (height % 2 === 0) network.handedIn[height - 1]!.answer();
    }
    const heights = (): number[] => blocks.list().map(({ height }) => height);
    expect(heights()).to.have.length(32);
    expect([heights().includes(2), heights().includes(4)]).to.deep.equal([false, false]);
    for (let height = 101; height <= 114; height++) find(height);
    expect(heights().filter((height) => height % 2 === 0 && height < 100)).to.deep.equal([34]);
    for (let height = 115; height <= 117; height++) find(height);
    expect(blocks.list().every(({ state }) => state === 'pending')).to.equal(true);
    expect([heights().length, heights().includes(1), heights().includes(5)]).to.deep.equal([
      32,
      false,
      true,
    ]);
    expect(lines.join()).to.include('too many wait for an answer');
    await blocks.close();
    await restart();
    expect(network.handedIn).to.have.length(32);
  });

  it('fit a record of 80 KiB with all that nodes may say', async () => {
    for (let height = 1; height <= 32; height++) {
      find(2 ** 31 - height, height);
      for (let node = 0; node < 8; node++) {
        const reason = 'r'.repeat(100);
        network.handedIn[height - 1]!.answer({ node: '192.168.100.100:18332', reason });
      }
    }
    await blocks.close();
    expect(store.values.get('blocks')!.length).to.be.below(80 * 1024);
    await restart();
    expect(blocks.list()).to.have.length(32);
  });

  it('are forgotten where their record is damaged, with a line', async () => {
    find();
    await blocks.close();
    const text = store.values.get('blocks')!;
    for (const damaged of [text.slice(0, -9), text.replace('"hash"', '"hush"'), '{}', 'null']) {
      store.values.set('blocks', damaged);
      await restart();
      expect([blocks.list(), network.handedIn]).to.deep.equal([[], []]);
      expect(lines.join()).to.include('record of blocks is unreadable');
    }
  });

  it('are written again and again while the store takes no writes, with one line', async () => {
    store.broken = true;
    find();
    network.handedIn[0]!.answer();
    let failures = 0;
    store.set = () => {
      failures++;
      return Promise.reject(new Error('disk full'));
    };
    await until(() => failures >= 2);
    expect(lines.filter((line) => line.includes('could not be stored'))).to.have.length(1);
    store.broken = false;
    store.set = (key, value) => {
      store.values.set(key, value);
      return Promise.resolve();
    };
    await until(() => stored().length > 0);
    expect(stored()).to.deep.equal(['accepted']);
  });

  it('go on whoever fails: a listener, or what hands them in', async () => {
    blocks.onChange(() => {
      throw new Error('nobody listens');
    });
    network.handIn = () => Promise.reject(new Error('no network'));
    find();
    find(201);
    expect(blocks.list()).to.have.length(2);
    await until(() => lines.some((line) => line.includes('is stuck')));
    expect(lines.join()).to.include('not everyone could be told');
  });

  it('wait in the store where no node is named', async () => {
    blocks = await Blocks.open({ store, network: undefined, log: createLog('silent') });
    find();
    await blocks.close();
    expect(stored()).to.deep.equal(['pending']);
    await restart();
    expect(network.handedIn).to.have.length(1);
  });
});

describe('the target of blocks', () => {
  it('is that of the bits with source bitcoin, and of no others', () => {
    expect(templateAt(5).blockTarget).to.equal(0x7fffffn << 232n);
    expect(templateAt(5, PROOF_RULES, 0x1d00ffff).blockTarget).to.equal(0xffffn << 208n);
    // Negative, and more than 256 bits: no header may have them.
    for (const bits of [0x1d80ffff, 0xff00ffff, 2 ** 32 - 1]) {
      expect(templateAt(5, PROOF_RULES, bits).blockTarget).to.equal(undefined);
    }
    const of = { taskId: identity.taskId, round: 5, seed };
    const segment = { ...segmentAt(5), bits: EASY_BITS };
    const koii = minedTemplateOn(KOII_WORK, segment, of, identity.submitter, PROOF_RULES);
    expect(koii.blockTarget).to.equal(undefined);
  });
});
