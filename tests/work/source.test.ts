import { expect } from 'chai';
import fc from 'fast-check';
import { PROOF_RULES, WORK_SOURCE } from '../../src/consensus';
import { bitcoinTemplate, koiiSegment, koiiTemplate } from '../../src/work/coinbases';
import type { Segment } from '../../src/work/segment';
import {
  KOII_WORK,
  koiiSource,
  nameOf,
  templateOn,
  templatesOf,
  workOn,
} from '../../src/work/source';
import { BITCOIN_ORIGIN, segmentAt } from '../fixtures/segments';
import { identity, seed } from '../fixtures/template';

const of = { taskId: identity.taskId, round: 7, seed };
const { submitter } = identity;

describe('templateOn', () => {
  it('is what templatesOf gives for each segment of a work', () => {
    const heights = fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 31 - 1 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(heights, (heights) => {
        const segments = heights.map((height) => segmentAt(height));
        const each = segments.map((segment) =>
          templateOn(BITCOIN_ORIGIN, segment, of, submitter, PROOF_RULES),
        );
        expect(
          templatesOf(workOn(BITCOIN_ORIGIN, segments), of, submitter, PROOF_RULES),
        ).to.deep.equal(each);
      }),
    );
    expect(templatesOf(KOII_WORK, of, submitter, PROOF_RULES)).to.deep.equal([
      templateOn(KOII_WORK, koiiSegment(of), of, submitter, PROOF_RULES),
    ]);
  });

  it('is of the source, and of koii the same whatever segment is given', () => {
    const segment = segmentAt(900_000);
    const payout = Buffer.alloc(20, 0x44);
    expect(templateOn(BITCOIN_ORIGIN, segment, of, submitter, PROOF_RULES)).to.deep.equal(
      bitcoinTemplate(of, segment, submitter, payout, PROOF_RULES),
    );
    expect(templateOn(KOII_WORK, segment, of, submitter, PROOF_RULES)).to.deep.equal(
      koiiTemplate(of, submitter),
    );
  });

  it('refuses a key that is none', () => {
    for (const origin of [KOII_WORK, BITCOIN_ORIGIN]) {
      expect(() =>
        templateOn(origin, segmentAt(5), of, submitter.subarray(1), PROOF_RULES),
      ).to.throw(RangeError, 'submitter: expected a public key of 32 bytes, got 31');
    }
  });
});

describe('work sources', () => {
  it('have the names that people use', () => {
    expect(nameOf(WORK_SOURCE.koii)).to.equal('koii');
    expect(nameOf(WORK_SOURCE.bitcoin)).to.equal('bitcoin');
  });
});

describe('koiiSource', () => {
  const read = async (
    signal: AbortSignal,
    onSegment: (segment: Segment) => void,
  ): Promise<void> => {
    for await (const segment of koiiSource.segments(of, [], signal)) onSegment(segment);
  };

  it('gives the one segment of the round, and ends with the signal, not before', async () => {
    const over = new AbortController();
    const segments: Segment[] = [];
    let isOver = false;
    const reading = read(over.signal, (segment) => segments.push(segment)).then(
      () => (isOver = true),
    );
    await new Promise(setImmediate);
    expect(segments).to.deep.equal([koiiSegment(of)]);
    expect(isOver).to.equal(false);
    over.abort();
    await reading;
    expect(segments).to.have.length(1);
  });

  it('ends at once where the signal was given before, or while its segment is used', async () => {
    const segments: Segment[] = [];
    await read(AbortSignal.abort(), (segment) => segments.push(segment));
    expect(segments).to.deep.equal([]);
    const over = new AbortController();
    await read(over.signal, (segment) => {
      segments.push(segment);
      over.abort();
    });
    expect(segments).to.have.length(1);
  });
});
