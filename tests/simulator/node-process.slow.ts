import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { until } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';
import { isAlive } from './processes';
import { logOf, TOY_CONFIG, ToyNetwork } from './toy-network';

describeProcesses('the processes of a network', function () {
  this.timeout(60_000);
  const toy = new ToyNetwork();

  it('starts each process as a node does: arguments, environment, working directory', async () => {
    const { nodes } = await toy.start({ rounds: 0, env: () => ({ TOY_SUBMISSION: 'x' }) });
    await toy.untilPhase(0, 'submission');
    const started = JSON.parse(logOf(nodes[1]!).split('\n')[0]!) as Record<string, unknown>;
    expect(started).to.deep.include({
      taskName: 'Toy',
      mode: 'service',
      stake: String(TOY_CONFIG.minimumStake),
      env: { TOY_SUBMISSION: 'x', PATH: process.env['PATH'] },
      pid: nodes[1]!.process.pid,
    });
    expect(started['cwd']).to.match(/node-2$/);
  });

  it('has a process write elsewhere than to its task.log', async () => {
    const outputPath = `${toy.directory}/elsewhere`;
    const { nodes } = await toy.start({
      rounds: 0,
      outputPath: (index) => (index === 0 ? outputPath : undefined),
    });
    await toy.untilPhase(0, 'submission');
    expect(logOf({ logPath: outputPath })).to.include(`"pid":${nodes[0]!.process.pid}`);
    expect(existsSync(nodes[0]!.logPath)).to.equal(false);
    expect(logOf(nodes[1]!)).to.include(`"pid":${nodes[1]!.process.pid}`);
  });

  it('goes on with a node that was killed and restarted', async () => {
    const { nodes, finished } = await toy.start({});
    const [node] = nodes as [(typeof nodes)[0]];
    await toy.untilPhase(0, 'audit');
    const { pid } = node.process;
    node.process.kill('SIGKILL');
    await until(() => node.process.state !== 'running');
    expect(isAlive(pid!)).to.equal(false);
    await node.process.restart();
    expect(node.process.pid).not.to.equal(pid);
    const report = await finished;
    expect(report.failures).to.deep.equal([]);
    expect(report.rounds[0]!.submissions).to.have.length(3);
    expect(logOf(node).match(/executing round 0/g)).to.have.length(2);
    expect(report.nodes[0]!.exits[0]).to.deep.equal({
      code: null,
      signal: 'SIGKILL',
      requested: true,
      round: 0,
    });
  });

  it('restarts a process that exits with 0, and counts any other end', async () => {
    const { nodes, finished } = await toy.start({
      nodes: 4,
      env: (index): Record<string, string> =>
        index < 3 ? { TOY_EXIT: `0:${[0, 1, 3][index]}` } : {},
    });
    await toy.untilPhase(1, 'submission');
    expect(nodes.map(({ process }) => process.state)).to.deep.equal([
      'running',
      'stopped',
      'died',
      'running',
    ]);
    const report = await finished;
    expect(report.rounds[0]!.submissions).to.have.length(2);
    expect(report.rounds[0]!.accepted).to.equal(true);
    expect(report.succeeded).to.equal(false);
    expect(report.failures).to.have.length(2);
    expect(report.failures[0]).to.match(/^node-2 exited with 1 in round 0, see .*task\.log$/);
    expect(report.failures[1]).to.match(/^node-3 exited with 3/);
  });

  it('ends when nobody is left', async () => {
    const { finished } = await toy.start({ rounds: 0, env: () => ({ TOY_EXIT: '0:1' }) });
    const report = await finished;
    expect(report.failures).to.have.length(3);
  });

  it('leaves no process behind, not even a paused one or one that ignores SIGTERM', async () => {
    const { nodes } = await toy.start({
      rounds: 0,
      env: (index): Record<string, string> => (index === 0 ? { TOY_STUBBORN: '1' } : {}),
    });
    await toy.untilPhase(0, 'submission');
    nodes[1]!.process.pause();
    const pids = nodes.map(({ process }) => process.pid!);
    expect(pids.every(isAlive)).to.equal(true);
    await toy.stop();
    expect(pids.some(isAlive)).to.equal(false);
    expect(nodes.map(({ exits }) => exits[0]!.signal)).to.deep.equal(['SIGKILL', null, null]);
  });

  it('gives each task a bundle with nothing beside it', async () => {
    const { nodes } = await toy.start({ rounds: 0 });
    const { executable } = nodes[0]!.process.options;
    expect(executable.startsWith(toy.directory)).to.equal(true);
    expect(existsSync(`${toy.directory}/node_modules`)).to.equal(false);
  });
});
