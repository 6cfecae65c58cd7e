import { expect } from 'chai';
import { decoder } from '../../cli/fuzz/targets/decoder';
import { WORK_SOURCE } from '../../src/consensus';
import { decodeProof } from '../../src/proof/codec';
import { Random } from '../../simulator/random';

const RUNS = 5000;

describe('what the decoder is fuzzed with', () => {
  it('is a proof in a third of the cases at least, of either source, and often refused', () => {
    const random = new Random('share of proofs');
    const decoded = Array.from({ length: RUNS }, () => decodeProof(decoder.generate(random)));
    const sources = decoded.flatMap((found) => ('proof' in found ? [found.proof.work.source] : []));
    expect(sources.length).to.be.within(RUNS / 3, (RUNS * 3) / 4);
    for (const source of Object.values(WORK_SOURCE)) {
      expect(sources.filter((of) => of === source)).to.have.length.above(RUNS / 10);
    }
  });
});
