import { expect } from 'chai';
import { decodeKey } from '../../src/work/identity';
import { koiiSegment, koiiTemplate } from '../../src/work/koii';
import { judgeOf, vectors, type Example } from '../fixtures/proofs';
import { expectExample } from './examples';

const taskId = Buffer.alloc(32, 0x11);
const seed = Buffer.alloc(32, 0x33);
const segmentOf = (round: number) => koiiSegment({ taskId, round, seed });

describe('work source koii', () => {
  for (const vector of vectors.filter(({ workSource }) => workSource === 'koii')) {
    it(`builds coinbase and header of round ${vector.round}`, () => {
      const { of, submitter } = judgeOf(vector);
      expectExample(koiiTemplate(of, submitter), vector.example as Example);
    });
  }

  it('has a block of 2026, as hard as those of Bitcoin, with the round for a height', () => {
    expect(segmentOf(7)).to.deep.equal({
      ...{ height: 7, prev: seed, bits: 0x1700ffff },
      time: Date.UTC(2026, 0, 1) / 1000 + 7,
    });
  });

  it('lets the time of very late rounds wrap', () => {
    const lastSecond = 2 ** 32 - 1 - 1767225600;
    expect(segmentOf(lastSecond).time).to.equal(0xffffffff);
    expect(segmentOf(lastSecond + 1).time).to.equal(0);
    expect(segmentOf(2 ** 32).time).to.equal(1767225600);
    expect(segmentOf(2 ** 53 - 1).time).to.be.within(0, 0xffffffff);
  });

  it('pays nobody, and names the task and who submits', () => {
    const submitter = Buffer.alloc(32, 0x22);
    const { coinbase1, coinbase2 } = koiiTemplate({ taskId, round: 5, seed }, submitter);
    expect(coinbase1.toString('hex').slice(41 * 2)).to.equal(
      '2d' + '55' + '24' + '6f726361' + '22'.repeat(32) + '06',
    );
    expect(coinbase2.toString('hex')).to.equal(
      'ffffffff' + '01' + '00'.repeat(8) + '22' + '6a20' + '11'.repeat(32) + '00000000',
    );
  });

  it('needs no task id', () => {
    const { coinbase2 } = koiiTemplate(
      { taskId: Buffer.alloc(32), round: 0, seed },
      decodeKey(vectors[0]!.submitter),
    );
    expect(coinbase2.toString('hex')).to.include('6a20' + '00'.repeat(32));
  });
});
