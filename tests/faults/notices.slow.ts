import { execFileSync, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import bs58 from 'bs58';
import { expect } from 'chai';
import { BUNDLE, LoneTask, SECRET } from '../fixtures/lone-task';
import { eventually } from '../fixtures/network';

const ROUND = 10;
/** How the node does is looked at so often. */
const LOOK_MS = 10_000;

/** A limit on the size of files makes every write fail, as a full disk does, and needs no rights. */
const canLimit = spawnSync('prlimit', ['--version']).status === 0;

// The bundle, and a node that records what it is to show.
describe('notices in the desktop node', function () {
  this.timeout(300_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(async () => {
    const shown = notices();
    await task.dispose();
    const secretKey = Buffer.from(task.self.secretKey);
    for (const [level, message, action] of shown) {
      expect(['log', 'warn', 'error']).to.include(level);
      for (const text of [message, action]) {
        expect([...text].length).to.be.at.most(300);
        expect(text).not.to.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        for (const secret of [SECRET, bs58.encode(secretKey), task.directory]) {
          expect(text).not.to.include(secret);
        }
      }
    }
  });

  const notices = (): [string, string, string][] =>
    task.callsOf('logger') as [string, string, string][];
  const about = (text: string): [string, string, string][] =>
    notices().filter(([, message]) => message.includes(text));
  const shows = (text: string): Promise<[string, string, string]> =>
    eventually(() => about(text)[0]);
  const mine = async (variables: Record<string, string> = {}): Promise<void> => {
    await task.start(BUNDLE, variables);
    task.send('executeTask', ROUND);
  };
  const kill = async (): Promise<void> => {
    task.kill('SIGKILL');
    await task.exit;
  };

  it('tell the address of the page, with its token, at the first start alone', async () => {
    await task.start();
    const [level, message] = await shows('Your mining page');
    expect(level).to.equal('log');
    const [address] = /http:\S+/.exec(message)!;
    const response = await fetch(address, { redirect: 'manual' });
    expect(response.headers.get('set-cookie')).to.match(/^orca-control-/);
    await sleep(500);
    await kill();
    const { port } = new URL(address);
    await task.start(BUNDLE, { API_PORT: port });
    await eventually(() => (task.timesLogged('the dashboard, with') === 2 ? true : undefined));
    await sleep(2000);
    expect(about('Your mining page')).to.have.length(1);
  });

  it('tell it at the next start where the node could not show it at the first', async () => {
    const repair = task.breakMethods(['logger'], () => ({ error: 'no window' }));
    await task.start();
    await shows('Your mining page');
    await task.logged('a notice could not be shown');
    await kill();
    repair();
    await task.start();
    await eventually(() => (about('Your mining page').length === 2 ? true : undefined));
  });

  it('tell of a full disk once, and once that there is room again, however often it comes', async function () {
    if (!canLimit) this.skip(); // prlimit is part of util-linux
    const limitFiles = (soft: string): void =>
      void execFileSync('prlimit', ['--pid', String(task.pid), `--fsize=${soft}:unlimited`]);
    await mine();
    await task.hasShares(ROUND);
    limitFiles('1');
    const [level, , action] = await shows("What is mined can't be saved");
    expect(level).to.equal('error');
    expect(action).not.to.equal('');
    limitFiles('unlimited');
    const [, message] = await shows('What is mined can be saved again');
    expect(message).to.match(/, after (\d+ minutes? ?)?(\d+ seconds?)?\.$/);
    limitFiles('1');
    await sleep(3.5 * LOOK_MS);
    limitFiles('unlimited');
    await sleep(1.5 * LOOK_MS);
    expect(about('saved')).to.have.length(2);
    expect((await task.getAnyStatus<{ status: string }>('/healthz'))?.status).to.equal('healthy');
  });

  for (const [what, logger] of [
    ['never answers', () => new Promise(() => undefined)],
    ['takes 30 s', () => sleep(30_000, true, { ref: false })],
    ['fails', () => Promise.reject(new Error('no window'))],
    ['answers null', () => null],
    ['answers false', () => false],
    ['answers a number', () => -32000],
    ['answers an error of another shape', () => ({ error: { nested: ['x'] } })],
  ] as const) {
    it(`delay nothing where the node ${what}`, async () => {
      task.methods['logger'] = logger;
      await mine();
      await task.hasShares(ROUND);
      await shows('Your mining page');
      const proof = await task.proofAfter(ROUND);
      expect(task.verdictOn(proof, ROUND)).to.include({ valid: true });
      expect(notices()).to.have.length(1);
      expect(await task.metric('orca_uncaught_errors_total')).to.equal(0);
      const stoppedAt = performance.now();
      task.kill('SIGTERM');
      expect(await task.exit).to.deep.equal({ code: 0, signal: null });
      // Far below what an answer is waited for.
      expect(performance.now() - stoppedAt).to.be.lessThan(20_000);
    });
  }

  it('are shown once by a node that takes 30 s for each', async () => {
    task.methods['logger'] = () => sleep(30_000, true);
    await task.start();
    await shows('Your mining page');
    await sleep(50_000);
    expect(notices()).to.have.length(1);
    expect(task.timesLogged('a notice could not be shown')).to.equal(0);
  });

  it('tell of a proof that did not reach the chain, of the next that did, and of the first reward', async () => {
    const [slotMs, roundSlots] = [100, 80];
    const startedAt = Date.now();
    const slot = (): number => Math.floor((Date.now() - startedAt) / slotMs) + 1;
    const round = (): number => Math.floor(slot() / roundSlots);
    const { checkSubmissionAndUpdateRound: submit } = task.methods;
    Object.assign(task.methods, {
      getRound: round,
      getCurrentSlot: slot,
      getTaskState: () => ({
        ...{ starting_slot: 0, round_time: roundSlots, bounty_amount_per_round: 2_500_000_000 },
        ...{ submission_window: roundSlots / 2, audit_window: roundSlots / 2 },
      }),
      // As where the fee can't be paid.
      checkSubmissionAndUpdateRound: () => undefined,
    });
    await task.start();
    await task.logged('ready to mine');
    let isOver = false;
    const events = (async () => {
      for (let last = -1; !isOver; await sleep(50)) {
        if (round() === last) continue;
        last = round();
        task.send('executeTask', last);
        task.send('submitPayload', last - 1);
      }
    })();
    try {
      const [level] = await shows('did not reach the chain');
      expect(level).to.equal('warn');
      task.methods['checkSubmissionAndUpdateRound'] = submit!;
      await shows('Proofs reach the chain again');
      expect((await shows('Your first reward'))[1]).to.match(/: 2\.5 tokens for round \d+,/);
      await sleep(3 * roundSlots * slotMs);
    } finally {
      isOver = true;
      await events;
    }
    expect(task.log).to.match(/the proof of round \d+ is not on the chain/);
    expect(about('reach the chain')).to.have.length(2);
    expect(about('first reward')).to.have.length(1);
  });

  it('tell of a newer task once', async () => {
    const state = task.methods['getTaskState']!;
    let movedTo: Record<string, unknown> = {};
    task.methods['getTaskState'] = async (...args) => ({
      ...((await state(...args)) as object),
      ...movedTo,
    });
    for (const garbage of [
      { is_migrated: true, migrated_to: 'javascript:alert(1)' },
      { is_migrated: true, migrated_to: '1'.repeat(100_000) },
      { is_migrated: true, migrated_to: { id: 7 } },
      { is_migrated: 'yes', migrated_to: task.other.publicKey },
      { is_migrated: true, migrated_to: task.taskId },
      { is_migrated: false, migrated_to: task.other.publicKey },
    ]) {
      movedTo = garbage;
      await mine();
      await task.hasShares(ROUND);
      await kill();
    }
    expect(about('newer task')).to.have.length(0);
    movedTo = { is_migrated: true, migrated_to: task.other.publicKey };
    await task.start();
    const [level, message] = await shows('newer task');
    expect(level).to.equal('warn');
    expect(message).to.include(task.other.publicKey);
    await sleep(500);
    await kill();
    await mine();
    await task.hasShares(ROUND);
    await sleep(1000);
    expect(about('newer task')).to.have.length(1);
    expect(task.timesLogged(`takes the place of this one: ${task.other.publicKey}`)).to.equal(2);
  });

  it('tell that mining has stopped where the node tells nothing for two minutes, and when it goes on', async () => {
    await task.start();
    await task.logged('ready to mine');
    const repair = task.breakMethods(['getRound', 'getTaskSubmissionInfo'], () => {
      throw new Error('the RPC is away');
    });
    task.send('executeTask', ROUND);
    const [level] = await shows('Mining has stopped: the node has not told');
    expect(level).to.equal('error');
    // Over a restart it is the same alarm.
    await kill();
    await mine();
    await sleep(3 * LOOK_MS);
    repair();
    await task.hasShares(ROUND);
    await shows('Mining goes on again, after ');
    expect(about('Mining')).to.have.length(2);
  });
});
