import { expect } from 'chai';
import { NodeStanding } from '../../../cli/worker/node-standing';
import { NodeAway } from '../../../cli/worker/server-faults';

describe('how a node stands with a worker', () => {
  let said: string[];
  let standing: NodeStanding;
  beforeEach(() => {
    said = [];
    standing = new NodeStanding((text) => said.push(text));
  });
  const silent = new NodeAway('http://node: ECONNREFUSED', true);
  const full = new NodeAway('http://node answers 503: the store takes no writes');

  it('is away until both errands succeed, and is said to be once', () => {
    standing.succeeded('work');
    standing.failed('submission', silent);
    standing.failed('work', silent);
    standing.failed('submission', silent);
    expect(standing.isAway).to.equal(true);
    standing.succeeded('work');
    expect(standing.isAway).to.equal(false);
    expect(said).to.deep.equal(['the node is away: http://node: ECONNREFUSED']);
    standing.succeeded('submission');
    expect(said.slice(1)).to.deep.equal(['the node is back']);
  });

  it('is not away and back again with each work that it gives while it takes no shares', () => {
    for (let i = 0; i < 5; i++) {
      standing.failed('submission', full);
      standing.succeeded('work');
    }
    expect(standing.isAway).to.equal(false);
    expect(said).to.deep.equal([`shares wait, the node takes none: ${full.message}`]);
    standing.succeeded('submission');
    expect(said.slice(1)).to.deep.equal(['the node takes shares again']);
  });

  it('is told anew where it goes away while it takes no shares', () => {
    standing.failed('submission', full);
    standing.failed('work', silent);
    standing.succeeded('submission');
    standing.succeeded('work');
    expect(said.slice(1)).to.deep.equal([
      'the node is away: http://node: ECONNREFUSED',
      'the node is back',
    ]);
  });
});
