import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import { expect } from 'chai';
import {
  readTaskConfig,
  startNetwork,
  type Network,
  type NetworkEvent,
  type NetworkOptions,
} from '../../simulator';
import { nodeAccounts } from '../../simulator/simulated-node';
import { until } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';
import { isAlive } from './processes';

const config = readTaskConfig('tests/fixtures/toy-task.yml');
const BOUNTY = config.bountyPerRound;

describeProcesses('a network of real processes', function () {
  this.timeout(60_000);
  let directory: string;
  let events: NetworkEvent[];
  let network: Network | undefined;

  beforeEach(() => {
    directory = mkdtempSync(`${os.tmpdir()}/network-`);
    events = [];
    network = undefined;
  });

  afterEach(async () => {
    await network?.stop();
    rmSync(directory, { recursive: true });
  });

  async function start(options: Partial<NetworkOptions>): Promise<Network> {
    network = await startNetwork({
      task: 'tests/fixtures/toy-task.js',
      config,
      nodes: 3,
      rounds: 1,
      roundSeconds: 2,
      seed: 'network test',
      directory,
      onEvent: (event) => events.push(event),
      ...options,
    });
    return network;
  }

  async function untilPhase(round: number, name: string): Promise<void> {
    await until(
      () =>
        events.some((e) => e.type === 'phase' && e.phase.round === round && e.phase.name === name),
      60_000,
    );
  }

  const logOf = (node: { logPath: string }) => readFileSync(node.logPath, 'utf8');

  it('audits, pays who was honest and slashes who was not', async () => {
    const { nodes, finished } = await start({
      env: (index): Record<string, string> => (index === 2 ? { TOY_SUBMISSION: 'a lie' } : {}),
    });
    const report = await finished;
    const [a, b, liar] = nodes.map(({ publicKey }) => publicKey) as [string, string, string];

    expect(report.failures).to.deep.equal([]);
    expect(report).to.include({ succeeded: true, interrupted: false });
    const [round] = report.rounds;
    expect(round!.submissions.map(({ publicKey }) => publicKey)).to.have.members([a, b, liar]);
    expect(
      round!.auditVotes.map(({ voter, candidate, isValid }) => ({ voter, candidate, isValid })),
    ).to.have.deep.members([
      { voter: a, candidate: liar, isValid: false },
      { voter: b, candidate: liar, isValid: false },
    ]);
    const penalty = config.minimumStake * 0.7;
    expect(round!.payouts).to.deep.equal({ [a]: BOUNTY / 2, [b]: BOUNTY / 2, [liar]: -penalty });
    expect(report.nodes.map(({ balance }) => balance)).to.deep.equal([BOUNTY / 2, BOUNTY / 2, 0]);
    expect(report.nodes[2]).to.include({
      stakeBefore: config.minimumStake,
      stakeAfter: config.minimumStake - penalty,
    });
    expect(
      report.nodes.flatMap(({ exits }) => exits.map(({ requested }) => requested)),
    ).to.deep.equal([true, true, true]);
  });

  it('starts each process as a node does: arguments, environment, working directory', async () => {
    const { nodes } = await start({ rounds: 0, env: () => ({ TOY_SUBMISSION: 'x' }) });
    await untilPhase(0, 'submission');
    const started = JSON.parse(logOf(nodes[1]!).split('\n')[0]!) as Record<string, unknown>;
    expect(started).to.deep.include({
      taskName: 'Toy',
      mode: 'service',
      stake: String(config.minimumStake),
      env: { TOY_SUBMISSION: 'x', PATH: process.env['PATH'] },
      pid: nodes[1]!.process.pid,
    });
    expect(started['cwd']).to.match(/node-2$/);
  });

  it('gives nodes the names and stakes they are to have', async () => {
    const { nodes, ledger } = await start({
      nodes: 2,
      name: (index) => ['honest', 'cheater'][index]!,
      stake: (index) => [7, 5][index]!,
    });
    expect(nodes.map(({ name, publicKey }) => [name, ledger.stakes.get(publicKey)])).to.deep.equal([
      ['honest', 7],
      ['cheater', 5],
    ]);
    expect(nodes[1]!.logPath).to.match(/cheater.task\.log$/);
  });

  it('has a list that was voted out made again by another', async () => {
    const keys = [0, 1, 2].map((index) => nodeAccounts('network test', index).staking.publicKey);
    const [firstMaker, secondMaker] = [...keys].sort();
    const { finished } = await start({
      env: (index): Record<string, string> =>
        keys[index] === firstMaker ? { TOY_LIST: 'greedy' } : {},
    });
    const report = await finished;
    expect(report.failures).to.deep.equal([]);
    const lists = report.rounds[0]!.distributionLists;
    expect(
      lists.map(({ madeBy, outcome, submittedInRound }) => ({ madeBy, outcome, submittedInRound })),
    ).to.deep.equal([
      { madeBy: firstMaker, outcome: 'voted out', submittedInRound: 2 },
      { madeBy: secondMaker, outcome: 'accepted', submittedInRound: 3 },
    ]);
    expect(lists[0]!.auditVotes).to.have.length(2);
    expect(lists[0]!.amounts[firstMaker!]).to.be.above(BOUNTY / 2);
    expect(new Set(report.nodes.map(({ balance }) => balance))).to.deep.equal(
      new Set([Math.floor(BOUNTY / 3)]),
    );
  });

  it('lets a changed node do what the ledger lets pass, with all keys of its operator', async () => {
    const calls = [
      ['extraKeys'],
      ['asExtra', 1, 'submitRaw', 'an extra submission', 0],
      ['asExtra', 1, 'addStake', -5],
      ['asExtra', 2, 'extraKeys'],
    ];
    const { finished, ledger, nodes } = await start({
      modified: (index) => index === 0,
      extraKeys: (index) => (index < 2 ? 2 : 0),
      env: (index): Record<string, string> =>
        index < 2 ? { TOY_CALLS: JSON.stringify(calls) } : {},
    });
    const report = await finished;
    expect(report.nodes.map(({ extraKeys }) => extraKeys.length)).to.deep.equal([2, 2, 0]);
    const extra = report.nodes[0]!.extraKeys[1]!;
    expect(nodes[0]!.extraKeys).to.include(extra.publicKey);
    const { minimumStake } = config;
    expect(extra).to.include({ stakeBefore: minimumStake, balance: 0 });
    // It is no honest submission: voted down, and slashed by the list.
    const penalty = Math.floor(((minimumStake - 5) * 7) / 10);
    expect(extra.stakeAfter).to.equal(minimumStake - 5 - penalty);
    expect(ledger.record(0)!.submissions.get(extra.publicKey)!.value).to.match(/extra/);
    expect(logOf(nodes[0]!)).to.include(JSON.stringify(nodes[0]!.extraKeys));
    expect(logOf(nodes[0]!)).to.include('there is no extra key 2');
    expect(logOf(nodes[1]!)).to.include('422 asExtra is not simulated');
    expect(report.nodes[0]!.calls).to.include({ asExtra: 3, extraKeys: 1 });
  });

  it('keeps what tasks tell their owners, and shows them the task that replaces theirs', async () => {
    const calls = [
      ['logger', 'error', 'store not writable', 'free some space'],
      ['logger', 'info', 'no such level', ''],
      ['getTaskState', {}],
    ];
    const { finished, ledger, nodes } = await start({
      rounds: 2,
      env: (index): Record<string, string> =>
        index === 0 ? { TOY_CALLS: JSON.stringify(calls) } : {},
    });
    await untilPhase(1, 'audit');
    const newer = nodes[2]!.publicKey;
    ledger.migrate(newer);
    const report = await finished;
    expect(report.failures).to.deep.equal([]);
    const [[, level, message, action]] = calls as [string[]];
    const notice = { level, message, action };
    expect(report.nodes.map(({ notices }) => notices)).to.deep.equal([
      [
        { round: 1, ...notice },
        { round: 2, ...notice },
      ],
      [],
      [],
    ]);
    expect(events.filter((event) => event.type === 'notice')[0]).to.deep.include({
      node: nodes[0],
      notice: { round: 1, ...notice },
    });
    const migrations = logOf(nodes[0]!).match(/"is_migrated":\w+,"migrated_to":"\w*"/g);
    expect(migrations).to.deep.equal([
      '"is_migrated":false,"migrated_to":""',
      `"is_migrated":true,"migrated_to":"${newer}"`,
    ]);
    expect(logOf(nodes[0]!).match(/^(true|false)$/gm)).to.deep.equal([
      'true',
      'false',
      'true',
      'false',
    ]);
  });

  it('has a process write elsewhere than to its task.log', async () => {
    const outputPath = `${directory}/elsewhere`;
    const { nodes } = await start({
      rounds: 0,
      outputPath: (index) => (index === 0 ? outputPath : undefined),
    });
    await untilPhase(0, 'submission');
    expect(logOf({ logPath: outputPath })).to.include(`"pid":${nodes[0]!.process.pid}`);
    expect(existsSync(nodes[0]!.logPath)).to.equal(false);
    expect(logOf(nodes[1]!)).to.include(`"pid":${nodes[1]!.process.pid}`);
  });

  it('fails when a round ends without an accepted list', async () => {
    const { finished } = await start({
      changeMethods: (methods) => ({
        ...methods,
        uploadDistributionList: () => {
          throw new Error('no space on the chain');
        },
      }),
    });
    const report = await finished;
    expect(report.succeeded).to.equal(false);
    expect(report.failures).to.have.length(1);
    expect(report.failures[0]).to.match(
      /^round 0 ended without an accepted distribution list: none was made/,
    );
    expect(events.filter((event) => event.type === 'refused')[0]).to.include({
      method: 'uploadDistributionList',
      message: 'no space on the chain',
    });
    expect(report.nodes.flatMap(({ refusals }) => refusals)[0]).to.deep.equal({
      method: 'uploadDistributionList',
      message: 'no space on the chain',
      round: 2,
    });
  });

  it('goes on with a node that was killed and restarted', async () => {
    const { nodes, finished } = await start({});
    const [node] = nodes as [(typeof nodes)[0]];
    await untilPhase(0, 'audit');
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
    const { nodes, finished } = await start({
      nodes: 4,
      env: (index): Record<string, string> =>
        index < 3 ? { TOY_EXIT: `0:${[0, 1, 3][index]}` } : {},
    });
    await untilPhase(1, 'submission');
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
    const { finished } = await start({ rounds: 0, env: () => ({ TOY_EXIT: '0:1' }) });
    const report = await finished;
    expect(report.failures).to.have.length(3);
  });

  it('leaves no process behind, not even a paused one or one that ignores SIGTERM', async () => {
    const { nodes } = await start({
      rounds: 0,
      env: (index): Record<string, string> => (index === 0 ? { TOY_STUBBORN: '1' } : {}),
    });
    await untilPhase(0, 'submission');
    nodes[1]!.process.pause();
    const pids = nodes.map(({ process }) => process.pid!);
    expect(pids.every(isAlive)).to.equal(true);
    await network!.stop();
    expect(pids.some(isAlive)).to.equal(false);
    expect(nodes.map(({ exits }) => exits[0]!.signal)).to.deep.equal(['SIGKILL', null, null]);
  });

  it('gives each task a bundle with nothing beside it', async () => {
    const { nodes } = await start({ rounds: 0 });
    const { executable } = nodes[0]!.process.options;
    expect(executable.startsWith(directory)).to.equal(true);
    expect(existsSync(`${directory}/node_modules`)).to.equal(false);
  });

  it('adds what an inspector finds, and does without one that fails', async () => {
    const { finished } = await start({
      rounds: 2,
      inspector: {
        liveColumns: [],
        live: () => Promise.resolve([]),
        round: ({ round, submissionsOf }) =>
          Promise.resolve({ before: submissionsOf(round - 1).size }),
        submission: ({ value, node }, { round }) =>
          round === 0
            ? Promise.resolve({ found: `${node.name} ${value}` })
            : Promise.reject(new Error()),
      },
    });
    const report = await finished;
    expect(report.rounds.map((round) => round['before'])).to.deep.equal([0, 3]);
    for (const submission of report.rounds[0]!.submissions) {
      expect(submission['found']).to.match(/^node-\d toy:0:/);
    }
    expect(report.rounds[1]!.submissions[0]).not.to.have.property('found');
  });
});
