import { expect } from 'chai';
import { randomPlan } from '../../../simulator/bitcoin/faults';
import { OUTAGES } from '../../../simulator/bitcoin/rpc';

describe('faults of Bitcoin', () => {
  const NODES = 3;
  const rounds = Array.from({ length: 200 }, (_, round) => round);

  it('are the same for the same seed, and others for another', () => {
    const plans = ['a', 'a', 'b'].map((seed) => rounds.map(randomPlan(seed, NODES)));
    expect(plans[0]).to.deep.equal(plans[1]);
    expect(plans[0]).not.to.deep.equal(plans[2]);
  });

  it('bring each round a block and an outage, and every second one a reorganisation', () => {
    const faults = rounds.map(randomPlan('a', NODES));
    for (const [round, ofRound] of faults.entries()) {
      const kinds = ofRound.map(({ kind }) => kind);
      const wanted = ['block', 'outage', ...(round % 2 === 1 ? ['reorganisation'] : [])];
      expect(kinds).to.deep.equal(wanted);
    }
    const seen = faults.flat();
    const outages = seen.flatMap((fault) => (fault.kind === 'outage' ? [fault] : []));
    expect(new Set(outages.map(({ outage }) => outage))).to.deep.equal(new Set(OUTAGES));
    expect(new Set(outages.map(({ node }) => node))).to.deep.equal(new Set([0, 1, 2]));
    const depths = seen.flatMap((fault) => (fault.kind === 'reorganisation' ? [fault.depth] : []));
    expect(new Set(depths)).to.deep.equal(new Set([1, 2, 3]));
  });

  it('end before the next outage of the same node may begin', () => {
    const ends = rounds.flatMap((round) =>
      randomPlan(
        'a',
        NODES,
      )(round).flatMap((fault) =>
        fault.kind === 'outage'
          ? [{ begin: round + fault.at, end: round + fault.at + fault.lasts }]
          : [],
      ),
    );
    for (let i = 1; i < ends.length; i++) expect(ends[i]!.begin).to.be.at.least(ends[i - 1]!.end);
  });
});
