import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { startTaskNetwork, type TaskNetwork } from '../fixtures/network';
import { eventually } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';

const DEAD = 40;
const ANEW = 3;

describeProcesses('a network that is reset', function () {
  this.timeout(180_000);
  let network: TaskNetwork;
  afterEach(() => network.dispose());

  it('has its rounds mined, audited, listed and paid again by tasks that go on', async () => {
    network = await startTaskNetwork({ nodes: 2, rounds: 0, roundSeconds: 8 });
    network.reset(DEAD);
    const { ledger, nodes } = network;
    const paid = async (round: number): Promise<void> => {
      await eventually(() => ledger.record(round)?.payoutStatus === 'PayoutSuccessful');
    };
    await paid(DEAD);
    const before = new Map(ledger.balances);
    const rewards = async (): Promise<number[]> =>
      Promise.all(
        nodes.map(async (node) => {
          const text = await network.text(node, '/metrics');
          return Number(/^orca_rewards_roe_total (.+)$/m.exec(text)?.[1]);
        }),
      );
    const counted = await rewards();

    network.reset(ANEW);
    // A task may be late in the round that was started over.
    await paid(ANEW + 1);
    const record = ledger.record(ANEW + 1)!;
    expect([...record.submissions.keys()]).to.have.members(nodes.map((node) => node.publicKey));
    const votes = [...record.submissionAudits.values(), ...record.listAudits.values()];
    expect(votes.flatMap((audit) => audit.votes).filter(({ isValid }) => !isValid)).to.deep.equal(
      [],
    );
    for (const node of nodes) {
      const { publicKey } = node;
      expect(ledger.balances.get(publicKey)).to.be.greaterThan(before.get(publicKey)!);
      const log = readFileSync(node.logPath, 'utf8');
      expect(log.split('the network was reset')).to.have.length(2);
      expect(node.exits).to.deep.equal([]);
    }
    (await rewards()).forEach((roe, i) => expect(roe).to.be.greaterThan(counted[i]!));
  });
});
