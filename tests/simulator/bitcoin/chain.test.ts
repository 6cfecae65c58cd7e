import { expect } from 'chai';
import { parseBlock, pushedHeight } from '../../../simulator/bitcoin/block';
import { BitcoinChain, OUTSIDE } from '../../../simulator/bitcoin/chain';
import { pushHeight } from '../../../src/bitcoin/block';
import { payoutAddressOf, payoutProgramOf } from '../../../src/bitcoin/address';
import { headers } from '../../fixtures/block-headers.json';
import { EASY_BITS, easyChain, mine, NOW, segmentOn, templateOn } from './mined';

const FROM_NODE = { foundBy: 'node-1', needsWork: true };

describe("the simulator's Bitcoin chain", () => {
  it('takes a block of the task, with the address it pays', () => {
    const chain = easyChain();
    expect(chain.add(parseBlock(mine(templateOn(segmentOn(chain)))), FROM_NODE)).to.equal(null);
    const { tip } = chain;
    expect(tip).to.include({ height: 1, foundBy: 'node-1' });
    const [output] = tip.block.transactions[0]!.outputs;
    expect(output!.value).to.equal(50n * 100_000_000n);
    const address = payoutAddressOf(Buffer.alloc(20, 0x44), 'regtest');
    expect(output!.script.subarray(2)).to.deep.equal(
      Buffer.from(payoutProgramOf(address, 'regtest')),
    );
  });

  it('pays half from block 150 on', () => {
    const chain = easyChain();
    while (chain.tip.height < 149) chain.mineOutside();
    expect(chain.add(parseBlock(mine(templateOn(segmentOn(chain)))), FROM_NODE)).to.equal(null);
    expect(chain.tip.block.transactions[0]!.outputs[0]!.value).to.equal(25n * 100_000_000n);
  });

  it('keeps the first of two siblings until the other has a child', () => {
    const chain = easyChain();
    const parent = chain.tip;
    const template = templateOn(segmentOn(chain));
    chain.mineOutside();
    const ours = parseBlock(mine(template));
    expect(chain.add(ours, FROM_NODE)).to.equal('inconclusive');
    expect(chain.add(ours, FROM_NODE)).to.equal('duplicate');
    expect(chain.isInChain(chain.get(ours.hash)!)).to.equal(false);
    const child = chain.mineOutside(chain.get(ours.hash));
    expect(chain.tip).to.equal(child);
    expect(chain.at(1)!.block.hash).to.equal(ours.hash);
    expect(chain.at(0)).to.equal(parent);
    expect(chain.at(3)).to.equal(undefined);
  });

  it('reorganises as deep as it is told, by blocks of others, in one change of the tip', () => {
    const seen: boolean[] = [];
    const chain = new BitcoinChain({
      bits: EASY_BITS,
      now: () => NOW,
      onBlock: (_, isTip) => seen.push(isTip),
    });
    const old = [1, 2, 3, 4].map(() => chain.mineOutside());
    seen.length = 0;
    chain.reorganise(3);
    expect(seen).to.deep.equal([false, false, false, true]);
    expect(chain.tip).to.include({ height: 5, foundBy: OUTSIDE });
    expect(old.map((entry) => chain.isInChain(entry))).to.deep.equal([true, false, false, false]);
    chain.reorganise(100);
    expect(chain.at(0)!.height).to.equal(0);
    expect(chain.isInChain(old[0]!)).to.equal(false);
  });

  it('tells of a change of the tip', async () => {
    const chain = easyChain();
    const signal = AbortSignal.timeout(20_000);
    const change = chain.tipChange(signal).then(() => chain.tip.height);
    chain.mineOutside();
    expect(await change).to.equal(1);
  });

  it('reads real headers, and writes heights as the task does', () => {
    for (const { header, hash } of headers) {
      expect(parseBlock(Buffer.from(`${header}00`, 'hex')).hash).to.equal(hash);
    }
    for (const height of [0, 1, 16, 17, 127, 128, 255, 256, 32_767, 32_768, 900_000, 8_388_608]) {
      expect(pushedHeight(height)).to.deep.equal(pushHeight(height));
    }
  });

  it('reads no block that is too short or too long', () => {
    const bytes = mine(templateOn(segmentOn(easyChain())));
    for (let size = 0; size < bytes.length; size++) {
      expect(() => parseBlock(bytes.subarray(0, size)), `${size} bytes`).to.throw(RangeError);
    }
    expect(() => parseBlock(Buffer.concat([bytes, Buffer.of(0)]))).to.throw(RangeError, '1 bytes');
  });
});
