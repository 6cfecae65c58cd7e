import { expect } from 'chai';
import { PROOF_RULES, type CoinbaseRules } from '../../src/consensus';
import { bitcoinTemplate, koiiSegment, koiiTemplate, subsidyOf } from '../../src/work/coinbases';
import { decodeKey } from '../../src/work/identity';
import { templatesOf } from '../../src/work/source';
import { judgeOf, vectors, workOf, type Example } from '../fixtures/proofs';
import { expectExample } from './examples';

const taskId = Buffer.alloc(32, 0x11);
const seed = Buffer.alloc(32, 0x33);
const of = { taskId, round: 5, seed };
const submitter = Buffer.alloc(32, 0x22);
const payout = Buffer.alloc(20, 0x44);
const program = '55'.repeat(20);
const MAX_HEIGHT = 2 ** 31 - 1;

const segmentOf = (round: number) => koiiSegment({ taskId, round, seed });

/** The coinbase of a height in hex, from after the extranonce on. */
function endOf(height: number, taskPayout?: CoinbaseRules['taskPayout']): string {
  return templateAt(height, { ...PROOF_RULES, taskPayout }).coinbase2.toString('hex');
}

function templateAt(height: number, rules: CoinbaseRules = PROOF_RULES) {
  const segment = { height, prev: Buffer.alloc(32), time: 0, bits: 0 };
  return bitcoinTemplate(of, segment, submitter, payout, rules);
}

const u64le = (value: bigint): string => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes.toString('hex');
};

describe('work source koii', () => {
  for (const vector of vectors.filter(({ workSource }) => workSource === 'koii')) {
    it(`builds coinbase and header of round ${vector.round}`, () => {
      const { of, submitter } = judgeOf(vector);
      expectExample(koiiTemplate(of, submitter), vector.example as Example);
    });
  }

  it('has a block of 2026, as hard as those of Bitcoin, with the round for a height', () => {
    expect(segmentOf(7)).to.deep.equal({
      height: 7,
      prev: seed,
      bits: 0x1700ffff,
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
    const { coinbase1, coinbase2 } = koiiTemplate(of, submitter);
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

describe('work source bitcoin', () => {
  for (const vector of vectors.filter(({ workSource }) => workSource === 'bitcoin')) {
    const examples = vector.example as Example[];
    for (const [i, example] of examples.entries()) {
      it(`builds coinbase and header of block ${vector.segments![i]!.height}, segment ${i} of round ${vector.round}`, () => {
        const judge = judgeOf(vector);
        const templates = templatesOf(workOf(vector), judge.of, judge.submitter, judge.rules);
        expect(templates).to.have.length(examples.length);
        expectExample(templates[i]!, example);
      });
    }
  }

  for (const [network, halvingBlocks, blocks] of [
    ['main', 210_000, 2_099_999_997_690_000n],
    ['regtest', 150, 1_499_999_998_350n],
  ] as const) {
    it(`creates what Bitcoin does on ${network}, halved to nothing`, () => {
      let subsidy = 5_000_000_000n;
      let all = 0n;
      for (let halving = 0; halving < 70; halving++) {
        const first = halving * halvingBlocks;
        expect(subsidyOf(first, halvingBlocks), `at ${first}`).to.equal(subsidy);
        expect(subsidyOf(first + halvingBlocks - 1, halvingBlocks)).to.equal(subsidy);
        all += BigInt(halvingBlocks) * subsidy;
        subsidy /= 2n;
      }
      expect(all).to.equal(blocks);
      expect(subsidyOf(MAX_HEIGHT, halvingBlocks)).to.equal(0n);
    });
  }

  it('pays the operator the whole subsidy', () => {
    expect(endOf(210_000)).to.equal(
      'feffffff' + '01' + u64le(2_500_000_000n) + '160014' + '44'.repeat(20) + '4f340300',
    );
  });

  it('pays the task its part, rounded down, and the operator the rest', () => {
    for (const [height, percent, ofTask] of [
      [1, 10, 500_000_000n],
      [1, 50, 2_500_000_000n],
      // 9765625 at the 9th halving: 7 % of that is 683593.75.
      [9 * 210_000, 7, 683_593n],
      // One satoshi at the 32nd halving.
      [32 * 210_000, 50, 0n],
      [64 * 210_000, 50, 0n],
    ] as const) {
      const subsidy = subsidyOf(height, 210_000);
      const outputs =
        u64le(subsidy - ofTask) +
        ('160014' + '44'.repeat(20)) +
        (u64le(ofTask) + '160014' + '55'.repeat(20));
      const end = endOf(height, { program, percent });
      expect(end.slice(0, -8), `at ${height}`).to.equal('feffffff' + '02' + outputs);
    }
  });

  it('names who submits and the seed, in a scriptSig of at most 81 bytes', () => {
    const message = '44' + '6f726361' + '22'.repeat(32) + '33'.repeat(32);
    for (const [height, length, push] of [
      [1, 77, '51'],
      [17, 78, '0111'],
      [210_000, 80, '03503403'],
      [MAX_HEIGHT, 81, '04ffffff7f'],
    ] as const) {
      const scriptSig = templateAt(height)
        .coinbase1.toString('hex')
        .slice(41 * 2);
      expect(scriptSig).to.equal(length.toString(16) + push + message + '06');
      expect((scriptSig.length - 2) / 2 + 6).to.equal(length);
    }
  });

  it('locks the coinbase to the height before (BIP 54)', () => {
    for (const [height, lockTime] of [
      [1, '00000000'],
      [950_000, 'ef7e0e00'],
      [MAX_HEIGHT, 'feffff7f'],
    ] as const) {
      const end = endOf(height);
      expect(end.slice(0, 8)).to.equal('feffffff');
      expect(end.slice(-8)).to.equal(lockTime);
    }
  });

  it('builds the template of any height there is', () => {
    for (let height = 1; height <= MAX_HEIGHT; height = height * 2 + 1) {
      for (const halvingBlocks of [150, 210_000]) {
        const rules = { taskPayout: { program, percent: 37 }, halvingBlocks };
        expect(templateAt(height, rules)).to.include({ height });
      }
    }
  });

  it('refuses a program or a key of another length', () => {
    const segments = [{ height: 1, prev: Buffer.alloc(32), time: 0, bits: 0 }];
    const build = (key: Buffer, to: Buffer) =>
      templatesOf({ source: 1, payout: to, segments }, of, key, PROOF_RULES);
    expect(() => build(submitter, Buffer.alloc(32))).to.throw(RangeError, 'P2WPKH program');
    expect(() => build(Buffer.alloc(33), payout)).to.throw(RangeError, 'submitter');
    expect(build(submitter, payout)).to.have.length(1);
  });
});
