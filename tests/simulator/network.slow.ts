import { expect } from 'chai';
import { nodeAccounts } from '../../simulator/simulated-node';
import { describeProcesses } from '../runner/describe-processes';
import { logOf, TOY_CONFIG, ToyNetwork } from './toy-network';

const BOUNTY = TOY_CONFIG.bountyPerRound;

describeProcesses('a network of real processes', function () {
  this.timeout(60_000);
  const toy = new ToyNetwork();

  it('audits, pays who was honest and slashes who was not', async () => {
    const { nodes, finished } = await toy.start({
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
    const penalty = TOY_CONFIG.minimumStake * 0.7;
    expect(round!.payouts).to.deep.equal({ [a]: BOUNTY / 2, [b]: BOUNTY / 2, [liar]: -penalty });
    expect(report.nodes.map(({ balance }) => balance)).to.deep.equal([BOUNTY / 2, BOUNTY / 2, 0]);
    expect(report.nodes[2]).to.include({
      stakeBefore: TOY_CONFIG.minimumStake,
      stakeAfter: TOY_CONFIG.minimumStake - penalty,
    });
    expect(
      report.nodes.flatMap(({ exits }) => exits.map(({ requested }) => requested)),
    ).to.deep.equal([true, true, true]);
  });

  it('gives nodes the names and stakes they are to have', async () => {
    const { nodes, ledger } = await toy.start({
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
    const { finished } = await toy.start({
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
    const { finished, ledger, nodes } = await toy.start({
      modified: (index) => index === 0,
      extraKeys: (index) => (index < 2 ? 2 : 0),
      env: (index): Record<string, string> =>
        index < 2 ? { TOY_CALLS: JSON.stringify(calls) } : {},
    });
    const report = await finished;
    expect(report.nodes.map(({ extraKeys }) => extraKeys.length)).to.deep.equal([2, 2, 0]);
    const extra = report.nodes[0]!.extraKeys[1]!;
    expect(nodes[0]!.extraKeys).to.include(extra.publicKey);
    const { minimumStake } = TOY_CONFIG;
    expect(extra).to.include({ stakeBefore: minimumStake, balance: 0 });
    // It is not an honest submission: voted down, and slashed by the list.
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
    const { finished, ledger, nodes } = await toy.start({
      rounds: 2,
      env: (index): Record<string, string> =>
        index === 0 ? { TOY_CALLS: JSON.stringify(calls) } : {},
    });
    await toy.untilPhase(1, 'audit');
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
    expect(toy.events.filter((event) => event.type === 'notice')[0]).to.deep.include({
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

  it('fails when a round ends without an accepted list', async () => {
    const { finished } = await toy.start({
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
    expect(toy.events.filter((event) => event.type === 'refused')[0]).to.include({
      method: 'uploadDistributionList',
      message: 'no space on the chain',
    });
    expect(report.nodes.flatMap(({ refusals }) => refusals)[0]).to.deep.equal({
      method: 'uploadDistributionList',
      message: 'no space on the chain',
      round: 2,
    });
  });

  it('adds what an inspector finds, and does without one that fails', async () => {
    const { finished } = await toy.start({
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
