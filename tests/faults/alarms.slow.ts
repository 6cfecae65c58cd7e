import { execFileSync, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { FakeCore } from '../fixtures/fake-core';
import { ShownNotices } from '../fixtures/shown-notices';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;
/** Where the chain goes on. */
const SLOT_MS = 100;
const ROUND_SLOTS = 80;
/** How often the task checks how it is doing. */
const LOOK_MS = 10_000;

/** A limit on file sizes makes every write fail, like a full disk, and needs no privileges. */
const canLimit = spawnSync('prlimit', ['--version']).status === 0;

// Runs the bundle, with a node that records the notices it is to show.
describeProcesses('alarms in the desktop node', function () {
  this.timeout(300_000);
  const notices = new ShownNotices();

  it('tell of a full disk once, and once that there is room again, however often it comes', async function () {
    if (!canLimit) this.skip(); // prlimit is part of util-linux
    const limitFiles = (soft: string): void =>
      void execFileSync('prlimit', [
        '--pid',
        String(notices.task.pid),
        `--fsize=${soft}:unlimited`,
      ]);
    await notices.mine(ROUND);
    await notices.task.hasShares(ROUND);
    limitFiles('1');
    const [level, , action] = await notices.shows("What is mined can't be saved");
    expect(level).to.equal('error');
    expect(action).not.to.equal('');
    limitFiles('unlimited');
    const [, message] = await notices.shows('What is mined can be saved again');
    expect(message).to.match(/, after (\d+ minutes? ?)?(\d+ seconds?)?\.$/);
    limitFiles('1');
    await sleep(3.5 * LOOK_MS);
    limitFiles('unlimited');
    await sleep(1.5 * LOOK_MS);
    expect(notices.about('saved')).to.have.length(2);
    expect((await notices.task.getAnyStatus<{ status: string }>('/healthz'))?.status).to.equal(
      'healthy',
    );
  });

  /** Starts the task on a chain whose rounds go on, and calls it as the node does. @returns what ends the calls */
  async function mineOn(windowSlots: number): Promise<() => void> {
    const startedAt = Date.now();
    const slot = (): number => Math.floor((Date.now() - startedAt) / SLOT_MS) + 1;
    const round = (): number => Math.floor(slot() / ROUND_SLOTS);
    Object.assign(notices.task.methods, {
      getRound: round,
      getCurrentSlot: slot,
      getTaskState: () => ({
        starting_slot: 0,
        round_time: ROUND_SLOTS,
        bounty_amount_per_round: 2_500_000_000,
        submission_window: windowSlots,
        audit_window: windowSlots,
      }),
    });
    await notices.task.start();
    await notices.task.logged('ready to mine');
    let last = -1;
    const events = setInterval(() => {
      if (round() === last) return;
      last = round();
      notices.task.send('executeTask', last);
      notices.task.send('submitPayload', last - 1);
    }, 50);
    return () => clearInterval(events);
  }

  it('tell of a proof that did not reach the chain, of the next that did, and of the first reward', async () => {
    const { checkSubmissionAndUpdateRound: submit } = notices.task.methods;
    // As when the fee can't be paid.
    notices.task.methods['checkSubmissionAndUpdateRound'] = () => undefined;
    const end = await mineOn(ROUND_SLOTS / 2);
    try {
      const [level] = await notices.shows('did not reach the chain');
      expect(level).to.equal('warn');
      notices.task.methods['checkSubmissionAndUpdateRound'] = submit!;
      await notices.shows('Proofs reach the chain again');
      expect((await notices.shows('Your first reward'))[1]).to.match(
        /: 2\.5 tokens for round \d+,/,
      );
      await sleep(3 * ROUND_SLOTS * SLOT_MS);
    } finally {
      end();
    }
    expect(notices.task.log).to.match(/the proof of round \d+ is not on the chain/);
    expect(notices.about('reach the chain')).to.have.length(2);
    expect(notices.about('first reward')).to.have.length(1);
  });

  it('tell of three rounds in a row for which nobody could hand in a list', async () => {
    Object.assign(notices.task.methods, {
      getTaskDistributionInfo: () => ({
        distribution_rewards_submission: {},
        distributions_audit_trigger: {},
        distributions_audit_record: {},
      }),
      uploadDistributionList: () => {
        throw new Error('the fee can not be paid');
      },
    });
    const end = await mineOn(ROUND_SLOTS / 2 - 10);
    try {
      const [level, message] = await notices.shows('No reward for 3 rounds in a row');
      expect(level).to.equal('error');
      expect(message).to.include('though proofs were handed in');
    } finally {
      end();
    }
    expect(notices.task.log).to.match(/the distribution list of round \d+ could not be handed in/);
  });

  it('tell of a newer task once', async () => {
    const state = notices.task.methods['getTaskState']!;
    let movedTo: Record<string, unknown> = {};
    notices.task.methods['getTaskState'] = async (...args) => ({
      ...((await state(...args)) as object),
      ...movedTo,
    });
    for (const garbage of [
      { is_migrated: true, migrated_to: 'javascript:alert(1)' },
      { is_migrated: true, migrated_to: '1'.repeat(100_000) },
      { is_migrated: true, migrated_to: { id: 7 } },
      { is_migrated: 'yes', migrated_to: notices.task.other.publicKey },
      { is_migrated: true, migrated_to: notices.task.taskId },
      { is_migrated: false, migrated_to: notices.task.other.publicKey },
    ]) {
      movedTo = garbage;
      await notices.mine(ROUND);
      await notices.task.hasShares(ROUND);
      await notices.kill();
    }
    expect(notices.about('newer task')).to.have.length(0);
    movedTo = { is_migrated: true, migrated_to: notices.task.other.publicKey };
    await notices.task.start();
    const [level, message] = await notices.shows('newer task');
    expect(level).to.equal('warn');
    expect(message).to.include(notices.task.other.publicKey);
    await notices.task.storedAsTold('newer task', 'notices');
    await notices.kill();
    await notices.mine(ROUND);
    await notices.task.hasShares(ROUND);
    await sleep(1000);
    expect(notices.about('newer task')).to.have.length(1);
    expect(
      notices.task.timesLogged(`takes the place of this one: ${notices.task.other.publicKey}`),
    ).to.equal(2);
  });

  it('tell that the Bitcoin node would refuse a block, and once it would take one again', async () => {
    // The bundle is built for main, where headers alone tell what to mine.
    const core = await FakeCore.start({ network: 'main' });
    try {
      core.script('getblocktemplate', { result: 'bad-version' });
      core.newTip({ height: 900_000, bits: '17021a91' });
      await notices.task.start(undefined, {
        BITCOIN_RPC_URL: core.url,
        PAYOUT_ADDRESS: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
      });
      const [level, message] = await notices.shows('would refuse a block of yours');
      expect(level).to.equal('error');
      expect(message).to.include('(bad-version)').and.not.include(core.password);
      core.newTip({ bits: '17021a91' });
      await notices.task.logged("Bitcoin's tip is at height 900001");
      core.script('getblocktemplate', undefined);
      core.newTip({ bits: '17021a91' });
      await notices.shows('Your Bitcoin node would take your blocks again, after ');
      expect(notices.task.timesLogged('would refuse our block')).to.equal(1);
    } finally {
      await core.stop();
    }
  });

  it('tell that mining has stopped where the node tells nothing for two minutes, and when it goes on', async () => {
    await notices.task.start();
    await notices.task.logged('ready to mine');
    const repair = notices.task.breakMethods(['getRound', 'getTaskSubmissionInfo'], () => {
      throw new Error('the RPC is away');
    });
    notices.task.send('executeTask', ROUND);
    const [level] = await notices.shows('Mining has stopped: the node has not told');
    expect(level).to.equal('error');
    // It remains the same alarm after a restart.
    await notices.kill();
    await notices.mine(ROUND);
    await sleep(3 * LOOK_MS);
    repair();
    await notices.task.hasShares(ROUND);
    await notices.shows('Mining goes on again, after ');
    expect(notices.about('Mining')).to.have.length(2);
  });
});
