import { expect } from 'chai';
import { bitsToTarget } from '../../src/bitcoin/target';
import type { TaskPayout } from '../../src/consensus';
import { createKernel } from '../../src/mining/kernels/choose';
import { Search } from '../../src/mining/search';
import { extranonceOf } from '../../src/work/attempt';
import { bitcoinTemplate } from '../../src/work/coinbases';
import { headerOf, type Template } from '../../src/work/segment';
import { describeProcesses } from '../runner/describe-processes';
import { FullNode } from './full-node';

/** A block in 65,536 hashes. */
const BITS = 0x1f00ffff;
/** Of regtest. */
const HALVING_BLOCKS = 150;
const SUBSIDY = 5_000_000_000;

const SUBMITTER = Buffer.alloc(32, 0x22);
const ROUND = { taskId: Buffer.alloc(32, 0x11), round: 7, seed: Buffer.alloc(32, 0x33) };
const PAYOUT = Buffer.alloc(20, 0x44);
const TASK_PAYOUT: TaskPayout = { program: '55'.repeat(20), percent: 10 };

interface NodeTemplate {
  previousblockhash: string;
  height: number;
  bits: string;
  curtime: number;
}

const kernel = createKernel('auto');

/** A block on a template as a miner of this task makes it, with its work done, or with a nonce one off. */
function mine(template: Template): { block: string; oneOff: string } {
  const target = bitsToTarget(template.bits);
  const search = new Search(kernel, { template, prefix: 5, extranonce2: 0 }, target);
  for (;;) {
    for (const attempt of search.step(2 ** 16).found) {
      const { coinbase1, coinbase2 } = template;
      const rest = Buffer.concat([Buffer.of(1), coinbase1, extranonceOf(attempt), coinbase2]);
      const [block, oneOff] = [attempt.nonce, (attempt.nonce + 1) % 2 ** 32].map((nonce) =>
        Buffer.concat([headerOf(template, { ...attempt, nonce }), rest]).toString('hex'),
      );
      return { block: block!, oneOff: oneOff! };
    }
  }
}

describeProcesses('a full node that is given blocks of this task', () => {
  let node: FullNode;
  before(async () => (node = await FullNode.start(BITS)));
  after(() => node.stop());

  /** Work on its tip. */
  async function work(taskPayout?: TaskPayout, halvingBlocks = HALVING_BLOCKS): Promise<Template> {
    const { previousblockhash, height, bits, curtime } = await node.call<NodeTemplate>(
      'getblocktemplate',
      { rules: ['segwit'] },
    );
    const segment = {
      height,
      prev: Buffer.from(previousblockhash, 'hex').reverse(),
      time: curtime,
      bits: Number.parseInt(bits, 16),
    };
    return bitcoinTemplate(ROUND, segment, SUBMITTER, PAYOUT, { taskPayout, halvingBlocks });
  }

  const propose = (data: string): Promise<string | null> =>
    node.call('getblocktemplate', { mode: 'proposal', data, rules: ['segwit'] });
  const handIn = (block: string): Promise<string | null> => node.call('submitblock', block);

  for (const taskPayout of [undefined, TASK_PAYOUT]) {
    const whom = taskPayout ? 'operator and task' : 'the operator';
    it(`takes one that pays ${whom}`, async () => {
      const height = (await node.height()) + 1;
      const { block } = mine(await work(taskPayout));
      expect(await propose(block)).to.equal(null);
      expect(await handIn(block)).to.equal(null);
      const ofTask = taskPayout ? SUBSIDY / taskPayout.percent : 0;
      const outputs = [
        { satoshi: SUBSIDY - ofTask, scriptHex: `0014${PAYOUT.toString('hex')}` },
        ...(taskPayout ? [{ satoshi: ofTask, scriptHex: `0014${taskPayout.program}` }] : []),
      ];
      expect((await node.chain()).at(-1)).to.deep.include({ height, raw: block, outputs });
      expect(await handIn(block)).to.equal('rejected: duplicate');
    });
  }

  it('refuses one whose nonce is one off, though it has nothing against the rest', async () => {
    const height = await node.height();
    const { oneOff } = mine(await work());
    expect(await propose(oneOff)).to.equal(null);
    expect(await handIn(oneOff)).to.equal('rejected: high-hash');
    expect(await node.height()).to.equal(height);
  });

  it('says of a proposal what it has against it', async () => {
    const template = await work();
    // As on main, where the subsidy halves later: at regtest's first halving that is twice as much as is due.
    while ((await node.height()) < HALVING_BLOCKS - 1) await node.extend(1);
    const tooMuch = mine(await work(undefined, 210_000)).block;
    expect(await propose(tooMuch)).to.equal('bad-cb-amount');
    expect(await handIn(tooMuch)).to.equal('rejected: bad-cb-amount');
    const { block } = mine(await work());
    expect(await propose(block)).to.equal(null);
    expect(await handIn(block)).to.equal(null);
    expect(await propose(mine(template).block)).to.equal('inconclusive-not-best-prevblk');
  });
});

describeProcesses('the full node of the tests', () => {
  let node: FullNode;
  beforeEach(async () => (node = await FullNode.start(BITS)));
  afterEach(() => node.stop());

  it('has blocks from outside, also in place of others', async () => {
    const {
      added: [first, ...others],
    } = await node.extend(3);
    const { added, replaced } = await node.extend(3, 2);
    expect(replaced).to.deep.equal(others);
    const hashes = (await node.chain()).map(({ hash }) => hash);
    expect(hashes).to.deep.equal([first, ...added]);
  });
});
