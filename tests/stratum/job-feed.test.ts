import { expect } from 'chai';
import { targetOf } from '../../src/stratum/difficulty';
import { segmentAt } from '../fixtures/segments';
import { connectedOn, EXTRANONCE1, FakeConnection } from './fake-connection';
import { bitcoinRound, OTHER_SEED, roundWithGround, store, waitingRound } from './ground';

describe('the jobs that a connection is sent', () => {
  it('begin with the difficulty and a clean job', () => {
    const connection = new FakeConnection();
    const { sent, lines, told, feed, miner } = connection;
    miner.mine(roundWithGround());
    feed.tick();
    feed.renew();
    expect(lines).to.have.length(0);
    connection.start();
    expect(lines).to.have.length(2);
    expect(sent).to.have.length(1);
    expect(sent[0]).to.include({ set: 64, isClean: true, id: 'job 1' });
    expect(told.map(({ id }) => id)).to.deep.equal(['job 1']);
  });

  it('come every 55 s, without a difficulty that is the same', () => {
    const round = roundWithGround();
    const connection = connectedOn(round, { fixed: 64 });
    const { sent } = connection;
    connection.run(300, () => store(round));
    const gaps = sent.slice(1).map(({ atMs }, i) => atMs - sent[i]!.atMs);
    expect(gaps).to.deep.equal([55_000, 55_000, 55_000, 55_000, 55_000]);
    for (const { set, isClean } of sent.slice(1)) {
      expect(set).to.equal(undefined);
      expect(isClean).to.equal(false);
    }
  });

  it('each have ground of their own, and are found by their ids', () => {
    const round = roundWithGround();
    const connection = connectedOn(round, { fixed: 64 });
    const { sent, feed } = connection;
    connection.run(600, () => store(round));
    const salts = sent.map(({ coinbase1 }) => coinbase1.slice(-2));
    expect(new Set(salts)).to.have.property('size', sent.length);
    for (const { id, coinbase1 } of sent) {
      const { prefix } = feed.find(id)!;
      expect(prefix & 0xff).to.equal(EXTRANONCE1);
      expect(coinbase1.slice(-2)).to.equal((prefix >>> 8).toString(16).padStart(2, '0'));
    }
    expect(feed.find('another')).to.equal(undefined);
  });

  it('come with another difficulty 5 s after the last, clean only if it rises', () => {
    const connection = connectedOn(roundWithGround());
    const { sent, difficulty } = connection;
    difficulty.suggest(256, connection.nowMs);
    connection.run(4);
    expect(sent).to.have.length(1);
    connection.run(1);
    expect(sent).to.have.length(2);
    expect(sent[1]).to.include({ set: 256, isClean: true });
    connection.run(20);
    expect(sent).to.have.length(2);
    difficulty.suggest(16, connection.nowMs);
    connection.run(1);
    expect(sent).to.have.length(3);
    expect(sent[2]).to.include({ set: 16, isClean: false });
  });

  it('come with the last of many difficulties, each 5 s at most', () => {
    const round = roundWithGround();
    const connection = connectedOn(round);
    const { sent, difficulty } = connection;
    let wish = 0;
    connection.run(60, () => {
      difficulty.suggest(2 ** (wish++ % 20), connection.nowMs);
      store(round);
    });
    expect(sent).to.have.length(13);
    for (const [i, { atMs, set }] of sent.slice(1).entries()) {
      expect(atMs - sent[i]!.atMs).to.equal(5_000);
      expect(set).to.equal(2 ** ((5 * i + 4) % 20));
    }
  });

  it('follow the difficulty that fits', () => {
    const connection = connectedOn(roundWithGround(), { agent: 'bitaxe' });
    const { sent, difficulty } = connection;
    connection.run(10);
    expect(sent).to.have.length(2);
    expect(sent[1]).to.include({ set: 64, isClean: false });
    for (let i = 0; i < 16; i++) difficulty.found(64, connection.nowMs);
    connection.run(4);
    connection.run(1);
    expect(sent).to.have.length(3);
    expect(sent[2]).to.include({ set: 2048, isClean: true });
  });

  it('are judged by the easiest of their difficulties, and worth their own', () => {
    const connection = connectedOn(roundWithGround());
    const { sent, feed, difficulty } = connection;
    connection.run(10);
    difficulty.suggest(256, connection.nowMs);
    connection.run(1);
    const [first, second] = sent.map(({ id }) => feed.find(id)!);
    expect(feed.targetFor(second!)).to.equal(targetOf(64));
    expect(second).to.include({ difficulty: 256, hardestTarget: targetOf(256) });
    expect(first).to.include({ difficulty: 64 });
    connection.nowMs += 120_000;
    expect(feed.targetFor(second!)).to.equal(targetOf(256));
  });

  describe('when the work changes', () => {
    it('come at once and clean for another round', () => {
      const connection = connectedOn(roundWithGround());
      const { sent, feed } = connection;
      connection.run(10);
      const next = roundWithGround(OTHER_SEED);
      connection.mine(next);
      expect(sent).to.have.length(2);
      expect(sent[1]).to.include({ set: undefined, isClean: true, atMs: connection.nowMs });
      expect(feed.find(sent[1]!.id)!.template).to.equal(next.templates[0]);
      // Those of the round before may still come.
      expect(feed.find(sent[0]!.id)).to.not.equal(undefined);
      connection.run(10);
      expect(sent).to.have.length(2);
    });

    it('come at once and clean for another tip, also one that comes back', () => {
      const round = bitcoinRound();
      const connection = connectedOn(round);
      const { sent, feed } = connection;
      for (const height of [101, 100]) {
        connection.run(10);
        round.workOn(round.addSegment(segmentAt(height)));
        feed.renew();
        expect(sent.at(-1)).to.include({ isClean: true, atMs: connection.nowMs });
      }
      expect(sent).to.have.length(3);
      expect(sent[2]!.prev).to.equal(sent[0]!.prev).and.not.equal(sent[1]!.prev);
      expect(sent[2]!.coinbase1).to.not.equal(sent[0]!.coinbase1);
    });

    it('come within a second where nobody told of it', () => {
      const round = bitcoinRound();
      const connection = connectedOn(round);
      const { sent } = connection;
      connection.run(1);
      round.workOn(round.addSegment(segmentAt(101)));
      connection.run(1);
      expect(sent).to.have.length(2);
      expect(sent[1]).to.include({ isClean: true });
    });

    it('come clean once only, and not for the same work', () => {
      const connection = connectedOn(roundWithGround());
      const { sent, feed } = connection;
      connection.run(1);
      feed.renew();
      expect(sent.map(({ isClean }) => isClean)).to.deep.equal([true, false]);
    });

    it('wait for the first segment', () => {
      const round = waitingRound(5);
      const connection = connectedOn(round);
      const { sent, lines, miner } = connection;
      connection.run(60);
      expect(lines).to.have.length(0);
      expect(miner.asked).to.have.length(0);
      round.workOn(round.addSegment(segmentAt(100)));
      store(round);
      connection.run(1);
      expect(sent).to.have.length(1);
      expect(sent[0]).to.include({ isClean: true });
    });
  });
});
