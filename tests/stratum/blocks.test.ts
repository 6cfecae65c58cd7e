import { expect } from 'chai';
import type { FoundBlock } from '../../src/rounds/blocks';
import { DIFFICULTY_1_TARGET } from '../../src/bitcoin/target';
import { highestFor, LOWEST_DIFFICULTY, targetOf } from '../../src/stratum/difficulty';
import { PushedSource, segmentAt } from '../fixtures/segments';
import type { StratumClient } from '../fixtures/stratum-client';
import { StratumTestNode } from '../fixtures/stratum-node';
import { until } from '../fixtures/until';

/** As on regtest: each share is a block. */
const EASY_BITS = 0x207fffff;

describe("Stratum miners' blocks", () => {
  let node: StratumTestNode;
  let client: StratumClient;
  let found: FoundBlock[];
  beforeEach(async () => {
    found = [];
    const source = new PushedSource();
    node = await StratumTestNode.open({ source, blocks: { found: (block) => found.push(block) } });
    await node.begin(5);
    source.push({ ...segmentAt(100), bits: EASY_BITS });
    client = await node.rolling('rig1');
    await client.job();
  });
  afterEach(async () => {
    client.close();
    await node.close();
  });

  it('are handed in, also of a quiet job and of a round that is over', async () => {
    const shares = client.mine(client.jobs[0]!, 2, { rollsVersion: true });
    expect(await client.submit('rig1', client.jobs[0]!, shares[0]!)).to.equal(true);
    expect(found).to.have.length(1);
    expect(found[0]).to.include({ workerId: 'rig1', round: 5, hashValue: shares[0]!.hash });
    await node.door.miner.close(5);
    const late = await client.submit('rig1', client.jobs[0]!, shares[1]!);
    expect(late).to.deep.equal([21, 'Job not found']);
    expect(found).to.have.length(2);
    await until(() => node.logged('wait: no round is mined now').length > 0);
    node.jump(11_000);
    await until(() => client.jobs.length > 1);
    const quiet = client.jobs[client.jobs.length - 1]!;
    // What is asked for takes long to find.
    const { difficulty } = client.jobs[0]!;
    const [another] = client.mine({ ...quiet, difficulty }, 1, { rollsVersion: true, from: 9 });
    expect(await client.submit('rig1', quiet, another!)).to.deep.equal([21, 'Job not found']);
    expect(found).to.have.length(3);
  });
});

describe('the highest difficulty', () => {
  it('is one whose shares include every block', () => {
    for (const target of [
      1n,
      2n ** 100n,
      0xffffn << 176n,
      DIFFICULTY_1_TARGET,
      2n ** 230n + 12345n,
    ]) {
      const difficulty = highestFor({ blockTarget: target });
      expect(targetOf(difficulty) >= target, String(target)).to.equal(true);
      // And not much easier: by the lenience.
      expect(Number(targetOf(difficulty)) / Number(target)).to.be.below(
        target === 1n ? 2 ** 150 : 1.001,
      );
    }
    expect(highestFor({ blockTarget: 2n ** 255n })).to.equal(LOWEST_DIFFICULTY);
    expect(highestFor({})).to.equal(Infinity);
  });
});
