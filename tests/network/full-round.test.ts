import { expect } from 'chai';
import { AuditCounts } from '../../cli/simulate/audits';
import { node18 } from '../fixtures/node18';
import { startTaskNetwork, type TaskNetwork } from '../fixtures/network';
import { describeProcesses } from '../runner/describe-processes';

describeProcesses('the bundle in a network', function () {
  this.timeout(120_000);
  let network: TaskNetwork;
  afterEach(() => network.dispose());

  it('mines, proves, audits and pays one full round with three nodes on Node 18', async () => {
    network = await startTaskNetwork({ execPath: node18(), rounds: 1, roundSeconds: 8 });
    const counts = new AuditCounts();
    counts.start(network.nodes);
    const report = counts.addTo(await network.finished, network.nodes);
    counts.stop();
    expect(report.failures).to.deep.equal([]);

    const [round] = report.rounds;
    expect(round!.submissions).to.have.length(3);
    for (const submission of round!.submissions) {
      expect(submission).to.include({ valid: true });
      const ratio = Number(submission['estimatedHashes']) / Number(submission['hashesDone']);
      // The estimate's standard error is 20 %: five of them, yet still far from a wrong unit.
      expect(ratio).to.be.within(0.3, 3);
    }
    expect(round!.auditVotes.filter(({ isValid }) => !isValid)).to.deep.equal([]);

    const list = round!.distributionLists.find(({ accepted }) => accepted)!;
    // All three are drawn (places below six): each makes a list, the first is paid, and all are right.
    expect(round!.distributionLists).to.have.length(3);
    for (const { amounts, auditVotes } of round!.distributionLists) {
      expect(amounts).to.deep.equal(list.amounts);
      expect(auditVotes.map(({ isValid }) => isValid)).to.deep.equal([true, true, true]);
    }
    const bounty = 1e9;
    const total = round!.submissions.reduce(
      (sum, submission) => sum + BigInt(submission['estimatedHashes'] as string),
      0n,
    );
    for (const { publicKey, estimatedHashes } of round!.submissions) {
      const share = (BigInt(bounty) * BigInt(estimatedHashes as string)) / total;
      expect(list.amounts).to.have.property(publicKey, Number(share));
    }
    for (const node of report.nodes) {
      expect(node.balance).to.equal(list.amounts[node.publicKey]);
      expect(node.stakeAfter).to.equal(node.stakeBefore);
      // Each audits the two others' proofs.
      const all = { valid: 2, invalid: 0, abstained: 0, complete: true };
      expect(node.audits).to.deep.equal(all);
      expect(node.exits.at(-1)).to.include({ code: 0 });
    }
  });
});
