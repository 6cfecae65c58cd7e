import { expect } from 'chai';
import { connectedOn, FakeConnection, QUIET } from './fake-connection';
import { bitcoinRound, roundWithGround, waitingRound } from './ground';

describe('the jobs that a connection is sent', () => {
  describe('while nothing is mined', () => {
    it('are quiet ones from 10 s on, every 55 s, whose shares nobody knows', () => {
      const connection = connectedOn(roundWithGround());
      const { sent, feed, miner } = connection;
      connection.run(5);
      miner.pause();
      feed.renew();
      connection.run(10);
      expect(sent).to.have.length(1);
      connection.run(1);
      expect(sent).to.have.length(2);
      expect(sent[1]).to.include({ set: QUIET, isClean: true });
      connection.run(110);
      expect(sent).to.have.length(4);
      for (const { id, set } of sent.slice(2)) {
        expect(set).to.equal(undefined);
        expect(feed.find(id)).to.equal(undefined);
      }
      expect(new Set(sent.map(({ id }) => id))).to.have.property('size', 4);
    });

    it('stay as they are in a pause of less than 10 s', () => {
      const round = roundWithGround();
      const connection = connectedOn(round);
      const { sent, miner } = connection;
      connection.run(5);
      for (let i = 0; i < 3; i++) {
        miner.pause();
        connection.run(9);
        miner.mine(round);
        connection.run(1);
      }
      expect(sent).to.have.length(1);
    });

    it('are quiet ones also when a round waits for its first segment', () => {
      const connection = connectedOn(bitcoinRound());
      const { sent } = connection;
      connection.mine(waitingRound(6));
      connection.run(11);
      expect(sent).to.have.length(2);
      expect(sent[1]).to.include({ set: QUIET, isClean: true });
    });

    it('do not get easier for short pauses', () => {
      const round = roundWithGround();
      const connection = connectedOn(round, { agent: 'bitaxe' });
      const { miner, difficulty } = connection;
      for (let i = 0; i < 5; i++) {
        connection.run(5);
        miner.pause();
        connection.run(9);
        miner.mine(round);
      }
      expect(difficulty.current).to.equal(1024);
    });

    it('are followed by a clean one at the difficulty of before, however long it took', () => {
      const round = roundWithGround();
      const connection = connectedOn(round, { hashrateHps: 1e12 });
      const { sent, miner, difficulty } = connection;
      const before = difficulty.current;
      connection.run(5);
      miner.pause();
      connection.run(3_600);
      expect(sent.at(-1)).to.include({ isClean: true });
      expect(difficulty.current).to.equal(before);
      connection.mine(round);
      expect(sent.at(-1)).to.include({ set: before, isClean: true });
      // And the rest was no silence of the miner's.
      connection.run(9);
      expect(difficulty.current).to.equal(before);
      expect(sent.at(-1)).to.include({ set: before });
    });

    it('are followed by a clean one on the same round also without being told', () => {
      const round = roundWithGround();
      const connection = connectedOn(round);
      const { sent, miner } = connection;
      miner.pause();
      connection.run(30);
      miner.mine(round);
      connection.run(1);
      expect(sent.at(-1)).to.include({ set: 64, isClean: true });
      connection.run(20);
      expect(sent).to.have.length(3);
    });

    it('are quiet ones also for who comes then, where there was a round before', () => {
      const connection = new FakeConnection();
      const { sent, feed, miner } = connection;
      miner.lastRound = roundWithGround();
      connection.start();
      connection.run(11);
      expect(sent).to.have.length(1);
      expect(sent[0]).to.include({ set: QUIET, isClean: true });
      expect(feed.find(sent[0]!.id)).to.equal(undefined);
      connection.mine(miner.lastRound);
      expect(sent[1]).to.include({ set: 64, isClean: true });
      expect(feed.find(sent[1]!.id)).to.not.equal(undefined);
    });

    it('are none before the first round', () => {
      const connection = new FakeConnection();
      const { sent, lines } = connection;
      connection.start();
      connection.run(120);
      expect(lines).to.have.length(0);
      connection.mine(roundWithGround());
      expect(sent).to.have.length(1);
    });
  });
});
