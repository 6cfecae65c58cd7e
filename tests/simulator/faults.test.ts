import { expect } from 'chai';
import { Faults, type SimulatedNode } from '../../simulator';
import type { StatusError } from '../../simulator/endpoint';

describe('faults of a network', () => {
  const node = { index: 0 } as SimulatedNode;

  async function outcomes(seed: string): Promise<string[]> {
    const faults = new Faults({ seed, roundSeconds: 0.01 });
    const { logger } = faults.changeMethods({ logger: () => true }, node);
    const found: string[] = [];
    for (let i = 0; i < 60; i++) {
      try {
        found.push(JSON.stringify(await logger!('log', 'm', 'a')));
      } catch (error) {
        found.push(String((error as StatusError).status));
      }
    }
    const wrong = found.filter((outcome) => outcome !== 'true').length;
    expect(faults.counts.get('notice')).to.be.at.least(wrong);
    return found;
  }

  it('reach notices outside outages too: answered, refused, failed, null, late or never', async () => {
    const found = await outcomes('a seed');
    expect([...new Set(found)]).to.have.members([
      'true',
      '500',
      'null',
      '{"error":"fault: K2 is away"}',
      '{"error":"fault: no answer"}',
    ]);
    expect(await outcomes('a seed'), 'the same for the same seed').to.deep.equal(found);
    expect(await outcomes('another')).not.to.deep.equal(found);
  });

  it('leave other calls alone while there is no outage', async () => {
    const faults = new Faults({ seed: 'a seed', roundSeconds: 0.01 });
    const { getRound } = faults.changeMethods({ getRound: () => 7 }, node);
    for (let i = 0; i < 60; i++) expect(await getRound!()).to.equal(7);
    expect([...faults.counts]).to.deep.equal([]);
  });
});
