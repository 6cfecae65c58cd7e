import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { decodeProof } from '../../src/proof/codec';
import { startTaskNetwork, type TaskNetwork } from '../fixtures/network';
import { eventually } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';

interface TaskAnswer {
  valid_shares: number;
  hashes_done: string;
  hash_rate: number;
}

describeProcesses('a node killed in the middle of a round', function () {
  this.timeout(120_000);
  let network: TaskNetwork;
  afterEach(() => network.dispose());

  it('goes on with the shares it had, and its proof keeps them', async () => {
    network = await startTaskNetwork({ nodes: 1, rounds: 1, roundSeconds: 10 });
    const [node] = network.nodes;
    const task = async (): Promise<TaskAnswer | undefined> => {
      const answer = await network.get(node!, '/task/0');
      return answer?.status === 200 ? (answer.body as TaskAnswer) : undefined;
    };
    const before = await eventually(async () => {
      const answer = await task();
      return answer && answer.valid_shares > 28 ? answer : undefined;
    });
    // A kill may lose what came within the last second.
    await sleep(1200);
    node!.process.kill('SIGKILL');
    await eventually(() => node!.process.pid === undefined);
    node!.process.start();

    const after = await eventually(async () => {
      const answer = await task();
      return answer && answer.hash_rate > 0 ? answer : undefined;
    });
    expect(after.valid_shares).to.be.at.least(before.valid_shares);

    const report = await network.finished;
    const [submission] = report.rounds[0]!.submissions;
    expect(submission).to.include({ valid: true });
    const decoded = decodeProof(submission!.value);
    const starts = new Set(
      'proof' in decoded
        ? // Each start of the round leases ground of its own.
          decoded.proof.attempts[0]!.map(({ prefix }) => prefix)
        : [],
    );
    expect(starts.size).to.equal(2);
    expect(Math.min(...starts)).to.equal(0);
  });
});
