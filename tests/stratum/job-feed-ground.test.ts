import { expect } from 'chai';
import { targetOf } from '../../src/stratum/difficulty';
import { segmentAt } from '../fixtures/segments';
import { begunRound } from '../rounds/vector';
import { connectedOn, EXTRANONCE1, FakeConnection, QUIET, turn } from './fake-connection';
import { bitcoinRound, OTHER_SEED, roundWithGround, store, takeLeased, usedUp } from './ground';

describe('the jobs that a connection is sent', () => {
  describe('when ground is short', () => {
    it('wait until some is leased, which is asked for once', async () => {
      const round = begunRound();
      const connection = connectedOn(round);
      const { sent, lines, miner, usedUpRounds } = connection;
      connection.run(3);
      expect(lines).to.have.length(0);
      expect(miner.asked).to.have.length(1);
      expect(miner.asked[0]).to.include({ round, secondByte: EXTRANONCE1 });
      await connection.lease(0);
      expect(sent).to.have.length(1);
      connection.run(54);
      expect(sent).to.have.length(1);
      expect(usedUpRounds).to.deep.equal([]);
    });

    it('go on when it is short again', async () => {
      const round = roundWithGround();
      const connection = connectedOn(round);
      const { sent, miner } = connection;
      takeLeased(round, EXTRANONCE1);
      connection.run(55);
      expect(sent).to.have.length(1);
      expect(miner.asked).to.have.length(1);
      await connection.lease(0);
      expect(sent).to.have.length(2);
      takeLeased(round, EXTRANONCE1);
      connection.run(55);
      expect(miner.asked).to.have.length(2);
    });

    it('are tried for again each second while the store takes no writes', async () => {
      const connection = new FakeConnection();
      const { sent, miner } = connection;
      const round = begunRound();
      miner.mine(round);
      miner.makeGround = () => {
        miner.asked.push({ round, secondByte: EXTRANONCE1, lease: () => undefined });
        return Promise.resolve();
      };
      connection.start();
      for (let i = 0; i < 5; i++) {
        await turn();
        connection.run(1);
      }
      expect(miner.asked).to.have.length(6);
      expect(sent).to.have.length(0);
      store(round);
      await turn();
      connection.run(1);
      expect(sent).to.have.length(1);
    });

    it('are those of the next round, when one begins while it is leased', async () => {
      const old = begunRound();
      const connection = connectedOn(old);
      const { sent, feed, miner } = connection;
      const next = begunRound(OTHER_SEED);
      connection.mine(next);
      expect(miner.asked.map(({ round }) => round)).to.deep.equal([old, next]);
      await connection.lease(0);
      connection.run(1);
      expect(sent).to.have.length(0);
      expect(miner.asked).to.have.length(2);
      await connection.lease(1);
      expect(sent).to.have.length(1);
      expect(feed.find(sent[0]!.id)!.template).to.equal(next.templates[0]);
    });

    it('are not sent twice for a next round that has ground', async () => {
      const connection = connectedOn(begunRound());
      const { sent } = connection;
      connection.mine(roundWithGround(OTHER_SEED));
      expect(sent).to.have.length(1);
      await connection.lease(0);
      expect(sent).to.have.length(1);
    });

    it('are none where the mining ends meanwhile', async () => {
      const connection = connectedOn(begunRound());
      const { lines, miner } = connection;
      miner.pause();
      await connection.lease(0);
      expect(lines).to.have.length(0);
    });
  });

  describe('when the ground is used up', () => {
    it('are the last one again, under its id and not clean, every 55 s', () => {
      const round = roundWithGround();
      const connection = connectedOn(round);
      const { sent, miner, usedUpRounds } = connection;
      usedUp(round, EXTRANONCE1);
      connection.run(165);
      expect(sent).to.have.length(4);
      for (const { id, coinbase1, isClean } of sent.slice(1)) {
        expect(isClean).to.equal(false);
        expect({ id, coinbase1 }).to.deep.equal({ id: 'job 1', coinbase1: sent[0]!.coinbase1 });
      }
      expect(new Set(usedUpRounds)).to.deep.equal(new Set([round.number]));
      expect(miner.asked).to.have.length(0);
    });

    it('are the last one again with another difficulty, whose shares are worth the higher', () => {
      const round = roundWithGround();
      const connection = connectedOn(round);
      const { sent, feed, difficulty } = connection;
      usedUp(round, EXTRANONCE1);
      difficulty.suggest(256, connection.nowMs);
      connection.run(5);
      expect(sent).to.have.length(2);
      expect(sent[1]).to.include({ id: 'job 1', set: 256, isClean: false });
      const job = feed.find('job 1')!;
      expect(job).to.include({ difficulty: 256, hardestTarget: targetOf(256) });
      expect(feed.targetFor(job)).to.equal(targetOf(64));
    });

    it('are the last one again, not more often, when there is another tip', () => {
      const round = bitcoinRound();
      const connection = connectedOn(round);
      const { sent, feed } = connection;
      usedUp(round, EXTRANONCE1);
      connection.run(10);
      round.workOn(round.addSegment(segmentAt(101)));
      feed.renew();
      connection.run(44);
      expect(sent).to.have.length(1);
      connection.run(1);
      expect(sent).to.have.length(2);
      expect(sent[1]).to.include({ id: 'job 1', isClean: false });
    });

    it('are quiet ones for who comes then, and who comes from another round', () => {
      const round = usedUp(roundWithGround(OTHER_SEED), EXTRANONCE1);
      const connection = connectedOn(round);
      const { sent } = connection;
      expect(sent).to.have.length(1);
      expect(sent[0]).to.include({ set: QUIET, isClean: true });
      connection.run(54);
      expect(sent).to.have.length(1);
      connection.run(1);
      expect(sent).to.have.length(2);
      connection.mine(roundWithGround());
      expect(sent[2]).to.include({ set: 64, isClean: true });
      connection.mine(round);
      expect(sent[3]).to.include({ set: QUIET, isClean: true });
    });

    it('are new ones in the next round', () => {
      const round = roundWithGround();
      const connection = connectedOn(round);
      const { sent } = connection;
      usedUp(round, EXTRANONCE1);
      connection.run(60);
      connection.mine(roundWithGround(OTHER_SEED));
      expect(sent.at(-1)).to.include({ isClean: true });
      expect(sent.at(-1)!.id).to.not.equal('job 1');
    });
  });
});
