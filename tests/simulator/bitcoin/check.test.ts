import { expect } from 'chai';
import { parseBlock } from '../../../simulator/bitcoin/block';
import type { BitcoinChain } from '../../../simulator/bitcoin/chain';
import { bitcoinTemplate } from '../../../src/work/coinbases';
import type { Template } from '../../../src/work/segment';
import { easyChain, mine, NOW, segmentOn, templateOn } from './mined';

/** With enough blocks of one time for the median of times to be there. */
function grownChain(): BitcoinChain {
  const chain = easyChain();
  for (let i = 0; i < 11; i++) chain.mineOutside();
  return chain;
}

function offered(chain: BitcoinChain, bytes: Buffer): string | null {
  return chain.add(parseBlock(bytes), { foundBy: 'node-1', needsWork: true });
}

/** A template with bytes of its coinbase replaced. */
function changed(template: Template, part: 'coinbase1' | 'coinbase2', at: number, by: Buffer) {
  const bytes = Buffer.from(template[part]);
  by.copy(bytes, at);
  return { ...template, [part]: bytes };
}

const SEQUENCE_SIZE = 4;
const VALUE_AT = SEQUENCE_SIZE + 1;
const SUBSIDY = 5_000_000_000n;

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

describe("the checks of the simulator's Bitcoin", () => {
  const verdicts: [string, (chain: BitcoinChain) => Buffer, string | null][] = [
    ['a good block', (chain) => mine(templateOn(segmentOn(chain))), null],
    ['too little work', (chain) => mine(templateOn(segmentOn(chain)), false), 'high-hash'],
    [
      'bits easier than any block may have',
      (chain) => mine(templateOn({ ...segmentOn(chain), bits: 0x2100ffff })),
      'high-hash',
    ],
    [
      'other bits, though it has their work',
      (chain) => mine(templateOn({ ...segmentOn(chain), bits: 0x200fffff })),
      'bad-diffbits',
    ],
    [
      'a parent that nobody knows',
      (chain) => mine(templateOn({ ...segmentOn(chain), prev: Buffer.alloc(32, 9) })),
      'prev-blk-not-found',
    ],
    [
      'a time not above the median of the last eleven',
      (chain) => mine(templateOn({ ...segmentOn(chain), time: chain.tip.medianTime })),
      'time-too-old',
    ],
    [
      'a time two hours ahead',
      (chain) => mine(templateOn({ ...segmentOn(chain), time: NOW + 7200 })),
      null,
    ],
    [
      'a time further ahead',
      (chain) => mine(templateOn({ ...segmentOn(chain), time: NOW + 7201 })),
      'time-too-new',
    ],
    [
      'a height too low',
      (chain) => mine(templateOn({ ...segmentOn(chain), height: chain.tip.height })),
      'bad-cb-height',
    ],
    [
      'a height too high, and so its lock time',
      (chain) => mine(templateOn({ ...segmentOn(chain), height: chain.tip.height + 2 })),
      'bad-txns-nonfinal',
    ],
    [
      'a satoshi above the subsidy',
      (chain) =>
        mine(changed(templateOn(segmentOn(chain)), 'coinbase2', VALUE_AT, u64(SUBSIDY + 1n))),
      'bad-cb-amount',
    ],
    [
      'a satoshi less',
      (chain) =>
        mine(changed(templateOn(segmentOn(chain)), 'coinbase2', VALUE_AT, u64(SUBSIDY - 1n))),
      null,
    ],
    [
      'a coinbase that spends something',
      (chain) => mine(changed(templateOn(segmentOn(chain)), 'coinbase1', 5, Buffer.of(1))),
      'bad-cb-missing',
    ],
    [
      'a merkle root of something else',
      (chain) => {
        const bytes = mine(templateOn(segmentOn(chain)));
        bytes[bytes.length - 1]! ^= 1;
        return bytes;
      },
      'bad-txnmrklroot',
    ],
    [
      'no transaction',
      (chain) => Buffer.concat([mine(templateOn(segmentOn(chain))).subarray(0, 80), Buffer.of(0)]),
      'bad-txnmrklroot',
    ],
    [
      'a second coinbase',
      (chain) => {
        const bytes = mine(templateOn(segmentOn(chain)));
        bytes[80] = 2;
        return Buffer.concat([bytes, bytes.subarray(81)]);
      },
      'bad-txnmrklroot',
    ],
  ];
  for (const [name, block, verdict] of verdicts) {
    it(`answer ${String(verdict)} to a block with ${name}`, () => {
      const chain = grownChain();
      expect(offered(chain, block(chain))).to.equal(verdict);
    });
  }

  it('refuse what is one nonce off', () => {
    const chain = easyChain();
    const template = templateOn(segmentOn(chain));
    const bytes = mine(template);
    const lacking = mine(template, false);
    expect(bytes.subarray(0, 76)).to.deep.equal(lacking.subarray(0, 76));
    expect(offered(chain, lacking)).to.equal('high-hash');
    expect(offered(chain, bytes)).to.equal(null);
  });

  it('halve the subsidy as regtest does, not as main does', () => {
    const chain = easyChain();
    while (chain.tip.height < 149) chain.mineOutside();
    const of = { taskId: Buffer.alloc(32), round: 0, seed: Buffer.alloc(32) };
    const ofMain = bitcoinTemplate(of, segmentOn(chain), Buffer.alloc(32), Buffer.alloc(20), {
      taskPayout: undefined,
      halvingBlocks: 210_000,
    });
    expect(offered(chain, mine(ofMain))).to.equal('bad-cb-amount');
  });

  it('judge a proposal without its work, on the tip alone', () => {
    const chain = grownChain();
    const segment = segmentOn(chain);
    const lacking = parseBlock(mine(templateOn(segment), false));
    expect(chain.judge(lacking)).to.equal(null);
    const wrong = parseBlock(mine(templateOn({ ...segment, height: segment.height - 1 })));
    expect(chain.judge(wrong)).to.equal('bad-cb-height');
    expect(chain.judge(chain.tip.block)).to.equal('duplicate');
    chain.mineOutside();
    expect(chain.judge(lacking)).to.equal('inconclusive-not-best-prevblk');
  });
});
