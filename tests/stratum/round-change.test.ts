import { expect } from 'chai';
import { verifyProof } from '../../src/proof/verify';
import { PushedSource, segmentAt } from '../fixtures/segments';
import { StratumClient, type Found } from '../fixtures/stratum-client';
import { EASIEST, StratumTestNode, WHOLE_MASK } from '../fixtures/stratum-node';
import { identity, seed } from '../fixtures/template';
import { until } from '../fixtures/until';

const STALE = [21, 'Job not found'];

describe('Stratum miners at a change of work', () => {
  let node: StratumTestNode;
  let client: StratumClient;
  afterEach(async () => {
    client.close();
    await node.close();
  });
  const sharesOn = (nth: number, count: number): Found[] =>
    client.mine(client.jobs[nth]!, count, { rollsVersion: true });

  describe('of rounds', () => {
    beforeEach(async () => {
      node = await StratumTestNode.open();
      await node.begin(5);
      client = await node.rolling('rig1');
      await client.job();
    });

    it('get a clean job, and may hand in for the old round until that is closed', async () => {
      const [first, second, third] = sharesOn(0, 3) as [Found, Found, Found];
      expect(await client.submit('rig1', client.jobs[0]!, first)).to.equal(true);
      await node.begin(6);
      await until(() => client.jobs.length === 2);
      const [old, job] = client.jobs;
      expect(job).to.include({ isClean: true });
      expect([job!.id, job!.coinbase1, job!.prev]).not.to.include.members([old!.id]);
      expect(job!.coinbase1).not.to.equal(old!.coinbase1);
      const late = await client.submit('rig1', old!, second);
      expect(late).to.equal(true);
      expect(await client.submit('rig1', job!, sharesOn(1, 1)[0]!)).to.equal(true);
      const closed = await node.door.miner.close(5);
      expect(await client.submit('rig1', old!, third)).to.deep.equal(STALE);
      expect(await client.submit('rig1', old!, first)).to.deep.equal(STALE);
      const of = { taskId: identity.taskId, round: 5, seed };
      expect(closed!.shares.map(({ hashValue }) => hashValue)).to.have.members([
        first.hash,
        second.hash,
      ]);
      expect(verifyProof(closed!.proof()!, identity.submitter, of)).to.include({ valid: true });
      expect(node.door.miner.lastRound!.shares).to.have.length(1);
      expect(Object.fromEntries(node.worker('rig1').rejected)).to.deep.equal({ stale: 2 });
      expect(client.isClosed).to.equal(false);
    });

    it('stay connected between rounds, of which the log speaks once', async () => {
      const [share] = sharesOn(0, 1) as [Found];
      await node.door.miner.pause();
      await until(() => node.logged('wait: no round is mined now').length > 0);
      // The round that is over isn't closed.
      expect(await client.submit('rig1', client.jobs[0]!, share)).to.equal(true);
      const newcomer = await StratumClient.mining(node.port, 'rig2');
      expect(await newcomer.ask('mining.ping', [])).to.equal('pong');
      await node.begin(6);
      await until(() => client.jobs.length === 2 && newcomer.jobs.length > 0);
      expect([client.isClosed, newcomer.isClosed]).to.deep.equal([false, false]);
      expect(node.logged('wait: no round is mined now')).to.have.length(1);
      newcomer.close();
    });
  });

  it('of the tip get a clean job, and may hand in for both segments', async () => {
    const source = new PushedSource();
    node = await StratumTestNode.open({ source });
    const login = { password: EASIEST, mask: WHOLE_MASK };
    client = await StratumClient.mining(node.port, 'rig1', login);
    await node.begin(5);
    expect(client.jobs).to.have.length(0);
    source.push(segmentAt(900_000));
    await until(() => client.jobs.length === 1);
    source.push(segmentAt(900_001));
    await until(() => client.jobs.length === 2);
    const [old, job] = client.jobs;
    expect([old!.isClean, job!.isClean]).to.deep.equal([true, true]);
    expect(job!.prev).to.equal(Buffer.from(segmentAt(900_001).prev).toString('hex'));
    expect(await client.submit('rig1', job!, sharesOn(1, 1)[0]!)).to.equal(true);
    expect(await client.submit('rig1', old!, sharesOn(0, 1)[0]!)).to.equal(true);
    const { lastRound } = node.door.miner;
    expect(lastRound!.shares.map(({ segment }) => segment)).to.have.members([0, 1]);
  });
});
