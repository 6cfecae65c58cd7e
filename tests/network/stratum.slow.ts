import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { AuditCounts } from '../../cli/simulate/audits';
import { planNodes } from '../../cli/simulate/cheaters';
import { judge } from '../../cli/simulate/judge';
import { RemoteWorkCounts, remoteWorkSentences } from '../../cli/simulate/remote-work';
import { freePorts, readTaskConfig } from '../../simulator';
import { startTaskNetwork, type TaskNetwork } from '../fixtures/network';
import { restNow } from '../fixtures/standalone';
import { StratumMiner } from '../fixtures/stratum-miner';
import { describeProcesses } from '../runner/describe-processes';

const ROUNDS = 2;
/** What each node's miner finds in one turn, all on the same processor: the nodes' shares of the work. */
const SHARES_A_TURN = [1, 2, 3];
const JOB_NOT_FOUND = 21;
const BOUNTY = 1e9;
/** The standard error of an estimate is 20 %; five of them. */
const NOISE = { least: 0.4, most: 2.5 };

describeProcesses('a network whose nodes rest while Stratum miners work for them', function () {
  this.timeout(180_000);
  let network: TaskNetwork;
  let miners: StratumMiner[] = [];
  afterEach(async () => {
    for (const miner of miners) miner.close();
    await network.dispose();
  });

  it('pays each node by the work that its miner proves', async () => {
    const apiPorts = await freePorts(SHARES_A_TURN.length);
    const stratumPorts = await freePorts(SHARES_A_TURN.length);
    network = await startTaskNetwork({
      rounds: ROUNDS,
      roundSeconds: 9,
      env: (index) => ({
        MINING_THREADS: '1',
        MINING_SCHEDULE: restNow(),
        API_PORT: String(apiPorts[index]),
        STRATUM_PORT: String(stratumPorts[index]),
      }),
    });
    const audits = new AuditCounts();
    const remoteWork = new RemoteWorkCounts();
    for (const counts of [audits, remoteWork]) counts.start(network.nodes);
    miners = await Promise.all(
      stratumPorts.map((port, index) => StratumMiner.connect(port, `rig${index + 1}`)),
    );
    while (network.ledger.currentRound < ROUNDS) {
      for (const [index, miner] of miners.entries()) {
        await miner.turn(SHARES_A_TURN[index]!);
        // The network is simulated in this process.
        await nextTurn();
      }
      await nextTurn();
    }
    const finished = audits.addTo(await network.finished, network.nodes);
    for (const counts of [audits, remoteWork]) counts.stop();
    const counted = remoteWork.addTo(finished, network.nodes);
    const config = readTaskConfig('config-task.yml');
    const report = judge(counted, planNodes(miners.length, [], config.minimumStake));

    expect(report.failures, 'tokens are conserved, lists are right').to.deep.equal([]);
    expect(report.nodes.map((node) => node.audits!.invalid + node.audits!.abstained)).to.deep.equal(
      [0, 0, 0],
    );
    for (const { submissions, payouts, auditVotes } of report.rounds) {
      expect(submissions).to.have.length(miners.length);
      expect(auditVotes.filter(({ isValid }) => !isValid)).to.deep.equal([]);
      const proven = submissions.map((submission) => BigInt(String(submission['estimatedHashes'])));
      const total = proven.reduce((sum, hashes) => sum + hashes, 0n);
      for (const [index, submission] of submissions.entries()) {
        expect(submission).to.include({ valid: true, hashesDone: '0' });
        const paid = Number((BigInt(BOUNTY) * proven[index]!) / total);
        expect(payouts[submission.publicKey]).to.equal(paid);
      }
    }

    for (const [index, miner] of miners.entries()) {
      const node = report.nodes[index]!;
      // The round of a share may have been closed while it was on its way.
      expect(new Set(miner.rejected).size, String(miner.rejected)).to.be.at.most(1);
      expect(miner.rejected.every((code) => code === JOB_NOT_FOUND)).to.equal(true);
      expect(miner.rejected.length).to.be.at.most(ROUNDS * SHARES_A_TURN[index]!);
      expect(node.remoteWork).to.deep.include({
        workers: [miner.name],
        acceptedShares: miner.accepted.length,
        rejectedShares: miner.rejected.length,
        complete: true,
      });
      const hashes = Number(node.remoteWork!.provenHashes);
      expect(hashes).to.be.closeTo(miner.provenDifficulty * (2 ** 48 / 0xffff), hashes / 1000);
      const estimated = report.rounds
        .flatMap(({ submissions }) => submissions)
        .filter(({ publicKey }) => publicKey === node.publicKey)
        .reduce((sum, submission) => sum + Number(submission['estimatedHashes']), 0);
      expect(estimated / hashes).to.be.within(NOISE.least, NOISE.most);
    }
    const [slowest, , fastest] = report.nodes;
    expect(fastest!.balance).to.be.greaterThan(slowest!.balance);
    expect(remoteWorkSentences(report.nodes)).to.have.length(miners.length);
  });
});
