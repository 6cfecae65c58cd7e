import { expect } from 'chai';
import { SidePort } from '../fixtures/side-port';

describe('the metrics of rewards', function () {
  this.timeout(30_000);
  let side: SidePort;
  beforeEach(async () => {
    side = await SidePort.open();
  });
  afterEach(() => side.close());

  async function metric(name: string): Promise<number> {
    const text = await side.node.metrics.render();
    return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
  }

  it('count the rounds in a row that paid nothing, from 0 again with each reward', async () => {
    const { metrics } = side.node;
    const counted = [await metric('orca_rounds_without_reward')];
    for (const roe of [0n, 0n, 0n, 5n, 0n]) {
      metrics.paid(roe);
      counted.push(await metric('orca_rounds_without_reward'));
    }
    expect(counted).to.deep.equal([0, 1, 2, 3, 0, 1]);
  });

  it('count a proof that is not on the chain once, though the list of its round is made again', async () => {
    expect(await metric('orca_proofs_missing_total')).to.equal(0);
    for (const round of [7, 7, 8]) side.node.metrics.proofMissing(round);
    expect(await metric('orca_proofs_missing_total')).to.equal(2);
  });

  it('count the lists that equal the own one and were voted against', async () => {
    expect(await metric('orca_equal_lists_voted_against_total')).to.equal(0);
    side.node.metrics.equalListVotedAgainst();
    expect(await metric('orca_equal_lists_voted_against_total')).to.equal(1);
  });
});
