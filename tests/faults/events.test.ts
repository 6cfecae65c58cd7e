import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { eventually } from '../fixtures/until';
import { BUNDLE, LoneTask } from '../fixtures/lone-task';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;

describeProcesses(
  'fault: round events that come late, twice, early, out of order or not at all',
  function () {
    this.timeout(60_000);
    let task: LoneTask;
    beforeEach(() => (task = new LoneTask()));
    afterEach(() => task.dispose());

    /** Whether the round is still being mined after a second, in which nothing may have ended it. */
    const stillMined = async (round: number): Promise<boolean> => {
      await sleep(1000);
      const answer = await task.get<{ hash_rate: number }>(`/task/${round}`);
      return (answer?.hash_rate ?? 0) > 0;
    };

    it('mines once a round that is announced twice', async () => {
      await task.start();
      task.send('executeTask', ROUND);
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
      task.send('executeTask', ROUND);
      expect(await stillMined(ROUND)).to.equal(true);
      expect(task.timesLogged(`mining round ${ROUND}\n`)).to.equal(1);
    });

    it('stays in the round that runs when another is announced, old or far ahead', async () => {
      await task.start();
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
      // Rounds ROUND - 8 and ROUND + 8 share a slot in the store with ROUND.
      const others = [0, ROUND - 8, ROUND - 1, ROUND + 8, ROUND + 1_000_000, 2 ** 52];
      for (const other of others) task.send('executeTask', other);
      for (const other of others) await task.logged(`round ${other} is not mined`);
      expect(await stillMined(ROUND)).to.equal(true);
      expect(task.timesLogged('mining round ')).to.equal(1);
    });

    it('mines the rounds of a network that was reset, in the place of those it has stored', async () => {
      await task.start();
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
      task.kill('SIGTERM');
      await task.exit;
      // Both share a slot in the store.
      task.chain.round = ROUND - 8;
      await task.start();
      task.send('executeTask', ROUND - 8);
      await task.hasShares(ROUND - 8);
      expect(await task.get(`/task/${ROUND}`)).to.equal(undefined);
    });

    it('mines a round announced too early as soon as the chain is there, and the old one until then', async () => {
      await task.start();
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
      task.send('executeTask', ROUND + 1);
      await task.logged(`the chain is still in round ${ROUND}`);
      expect(await stillMined(ROUND)).to.equal(true);
      task.chain.round = ROUND + 1;
      await task.hasShares(ROUND + 1);
    });

    it('does not close a round that still runs; hands its proof in when it is over', async () => {
      await task.start();
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
      task.send('submitPayload', ROUND);
      await task.logged(`round ${ROUND} is not over`);
      expect(await stillMined(ROUND)).to.equal(true);
      const submitted = task.nextCallOf('checkSubmissionAndUpdateRound');
      task.chain.round = ROUND + 1;
      const [proof, round] = await submitted;
      expect(round).to.equal(ROUND);
      expect(task.verdictOn(proof, ROUND)).to.include({ valid: true });
    });

    it('hands in nothing for a round it never mined, nor for one that is long over', async () => {
      await task.start();
      task.send('submitPayload', ROUND - 1);
      task.send('submitPayload', ROUND - 3);
      await task.logged(`nothing to submit for round ${ROUND - 1}`);
      await task.logged(`nothing to submit for round ${ROUND - 3}`);
      expect(task.callsOf('checkSubmissionAndUpdateRound')).to.deep.equal([]);
    });

    it('ends a round that the chain has left, though no event says so', async () => {
      await task.start();
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
      task.chain.round = ROUND + 1;
      await task.logged(`mined round ${ROUND}:`);
      expect(task.callsOf('checkSubmissionAndUpdateRound')).to.deep.equal([]);
    });

    it('goes on after messages of every wrong shape', async () => {
      await task.start();
      task.send('executeTask', ROUND);
      await task.hasShares(ROUND);
      const numbers = [-1, 1.5, 1e300, '10', '', true, [], {}, undefined];
      for (const functionCall of [
        'executeTask',
        'submitPayload',
        'auditPayload',
        'generateAndSubmitDistributionList',
        'distributionListAudit',
      ]) {
        for (const roundNumber of numbers) task.sendRaw({ functionCall, roundNumber });
      }
      for (const message of [
        {},
        { functionCall: 7 },
        { functionCall: 'constructor' },
        'text',
        7,
        [],
      ]) {
        task.sendRaw(message);
      }
      await task.logged('round: expected a whole number from 0, got 1.5');
      expect(await stillMined(ROUND)).to.equal(true);
      expect(task.timesLogged('mining round ')).to.equal(1);
    });

    // As some versions of the SDK throw on a message of null.
    it('saves everything and ends with 0 after an exception that nothing caught, to be started again', async () => {
      const executable = path.join(task.directory, 'throwing.js');
      const trap = "process.on('SIGUSR2', () => { throw new Error('on purpose'); });\n";
      writeFileSync(executable, trap + readFileSync(BUNDLE, 'utf8'));
      await task.start(executable);
      task.send('executeTask', ROUND);
      const before = await task.hasShares(ROUND);
      task.kill('SIGUSR2');
      expect(await task.exit).to.deep.equal({ code: 0, signal: null });
      expect(task.log).to.include('nothing caught this exception');
      await task.start(executable);
      const after = await eventually(async () => {
        const answer = await task.get<{ valid_shares: number }>(`/task/${ROUND}`);
        return answer?.valid_shares;
      });
      expect(after).to.be.at.least(before);
    });
  },
);
