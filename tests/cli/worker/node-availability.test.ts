import { expect } from 'chai';
import { NodeAvailability } from '../../../cli/worker/node-availability';
import { NodeAway } from '../../../cli/worker/server-faults';

describe('how a node stands with a worker', () => {
  let said: string[];
  let availability: NodeAvailability;
  beforeEach(() => {
    said = [];
    availability = new NodeAvailability((text) => said.push(text));
  });
  const silent = new NodeAway('http://node: ECONNREFUSED', true);
  const full = new NodeAway('http://node answers 503: the store takes no writes');

  it('is away until both errands succeed, and is said to be once', () => {
    availability.succeeded('work');
    availability.failed('submission', silent);
    availability.failed('work', silent);
    availability.failed('submission', silent);
    expect(availability.isAway).to.equal(true);
    availability.succeeded('work');
    expect(availability.isAway).to.equal(false);
    expect(said).to.deep.equal(['the node is away: http://node: ECONNREFUSED']);
    availability.succeeded('submission');
    expect(said.slice(1)).to.deep.equal(['the node is back']);
  });

  it('is not away and back again with each work that it gives while it takes no shares', () => {
    for (let i = 0; i < 5; i++) {
      availability.failed('submission', full);
      availability.succeeded('work');
    }
    expect(availability.isAway).to.equal(false);
    expect(said).to.deep.equal([`shares wait, the node takes none: ${full.message}`]);
    availability.succeeded('submission');
    expect(said.slice(1)).to.deep.equal(['the node takes shares again']);
  });

  it('is told anew where it goes away while it takes no shares', () => {
    availability.failed('submission', full);
    availability.failed('work', silent);
    availability.succeeded('submission');
    availability.succeeded('work');
    expect(said.slice(1)).to.deep.equal([
      'the node is away: http://node: ECONNREFUSED',
      'the node is back',
    ]);
  });
});
