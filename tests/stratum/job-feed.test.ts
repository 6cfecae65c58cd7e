import { expect } from 'chai';
import { Round } from '../../src/rounds/round';
import { Difficulty, targetOf, type Start } from '../../src/stratum/difficulty';
import type { HandedJob } from '../../src/stratum/handed-jobs';
import { JobFeed } from '../../src/stratum/job-feed';
import { BITCOIN_ORIGIN, segmentAt } from '../fixtures/segments';
import { begunRound, identity, seed } from '../rounds/vector';
import { roundWithGround, takeLeased, usedUp } from './ground';

const EXTRANONCE1 = 0x02;
const QUIET = 2 ** 31;

/** A job as a miner gets it. */
interface Sent {
  atMs: number;
  /** That of the set_difficulty just before it; undefined without one. */
  set: number | undefined;
  id: string;
  prev: string;
  coinbase1: string;
  isClean: boolean;
}

/** A miner whose rounds begin and end when the test says so. */
class FakeMiner {
  miningRound: number | undefined;
  lastRound: Round | undefined;
  /** Rounds that ground was asked for, each with what leases it. */
  readonly asked: { round: Round; secondByte: number | undefined; lease: () => void }[] = [];

  mine(round: Round): void {
    [this.miningRound, this.lastRound] = [round.number, round];
  }

  pause(): void {
    this.miningRound = undefined;
  }

  makeGround(round: Round, secondByte?: number): Promise<void> {
    return new Promise((resolve) => {
      const lease = (): void => {
        round.stored(round.toRecord(), round.shares);
        resolve();
      };
      this.asked.push({ round, secondByte, lease });
    });
  }
}

function bitcoinRound(number = 5): Round {
  const round = Round.begin(identity, number, seed, BITCOIN_ORIGIN);
  round.workOn(round.addSegment(segmentAt(100)));
  round.stored(round.toRecord(), round.shares);
  return round;
}

describe('the jobs that a connection is sent', () => {
  let nowMs: number;
  let miner: FakeMiner;
  let usedUpRounds: number[];
  let lines: string[];
  let sent: Sent[];
  let told: HandedJob[];
  let feed: JobFeed;
  beforeEach(() => {
    nowMs = 1_000_000;
    miner = new FakeMiner();
    usedUpRounds = [];
    lines = [];
    sent = [];
    told = [];
    let id = 0;
    const node = {
      miner,
      nextJobId: () => `job ${++id}`,
      onUsedUp: (round: number) => void usedUpRounds.push(round),
    };
    const onJob = (job: HandedJob): void => void told.push(job);
    feed = new JobFeed(node, EXTRANONCE1, take, onJob, () => nowMs);
  });

  function take(text: string): void {
    let set: number | undefined;
    for (const line of text.trimEnd().split('\n')) {
      lines.push(line);
      const { method, params } = JSON.parse(line) as { method: string; params: unknown[] };
      if (method === 'mining.set_difficulty') {
        expect(set, 'a second set_difficulty before a notify').to.equal(undefined);
        set = params[0] as number;
        continue;
      }
      const [id, prev, coinbase1] = params as [string, string, string];
      sent.push({ atMs: nowMs, set, id, prev, coinbase1, isClean: params[8] as boolean });
      set = undefined;
    }
    expect(set, 'a set_difficulty without a notify').to.equal(undefined);
  }

  const begin = (start: Partial<Start> = { suggested: 64 }): Difficulty => {
    const difficulty = new Difficulty({ agent: '', ...start }, nowMs);
    feed.start(difficulty);
    return difficulty;
  };
  /** Lets seconds pass. */
  const run = (seconds: number, eachSecond: () => void = () => undefined): void => {
    for (let i = 0; i < seconds; i++) {
      nowMs += 1_000;
      eachSecond();
      feed.tick();
    }
  };
  /** Lets everything happen that waits for nothing. */
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const store = (round: Round) => (): void => round.stored(round.toRecord(), round.shares);

  it('begin with the difficulty and a clean job', () => {
    const round = roundWithGround();
    miner.mine(round);
    feed.tick();
    feed.renew();
    expect(lines).to.have.length(0);
    begin();
    expect(lines).to.have.length(2);
    expect(sent).to.have.length(1);
    expect(sent[0]).to.include({ set: 64, isClean: true, id: 'job 1' });
    expect(told.map(({ id }) => id)).to.deep.equal(['job 1']);
  });

  it('come every 55 s, without a difficulty that is the same', () => {
    const round = roundWithGround();
    miner.mine(round);
    begin({ fixed: 64 });
    run(300, store(round));
    const gaps = sent.slice(1).map(({ atMs }, i) => atMs - sent[i]!.atMs);
    expect(gaps).to.deep.equal([55_000, 55_000, 55_000, 55_000, 55_000]);
    for (const { set, isClean } of sent.slice(1)) {
      expect(set).to.equal(undefined);
      expect(isClean).to.equal(false);
    }
  });

  it('each have ground of their own, and are found by their ids', () => {
    const round = roundWithGround();
    miner.mine(round);
    begin({ fixed: 64 });
    run(600, store(round));
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
    const round = roundWithGround();
    miner.mine(round);
    const difficulty = begin();
    difficulty.suggest(256, nowMs);
    run(4);
    expect(sent).to.have.length(1);
    run(1);
    expect(sent).to.have.length(2);
    expect(sent[1]).to.include({ set: 256, isClean: true });
    run(20);
    expect(sent).to.have.length(2);
    difficulty.suggest(16, nowMs);
    run(1);
    expect(sent).to.have.length(3);
    expect(sent[2]).to.include({ set: 16, isClean: false });
  });

  it('come with the last of many difficulties, each 5 s at most', () => {
    const round = roundWithGround();
    miner.mine(round);
    const difficulty = begin();
    let wish = 0;
    run(60, () => {
      difficulty.suggest(2 ** (wish++ % 20), nowMs);
      store(round)();
    });
    expect(sent).to.have.length(13);
    for (const [i, { atMs, set }] of sent.slice(1).entries()) {
      expect(atMs - sent[i]!.atMs).to.equal(5_000);
      expect(set).to.equal(2 ** ((5 * i + 4) % 20));
    }
  });

  it('follow the difficulty that fits', () => {
    miner.mine(roundWithGround());
    const difficulty = begin({ agent: 'bitaxe' });
    run(10);
    expect(sent).to.have.length(2);
    expect(sent[1]).to.include({ set: 64, isClean: false });
    for (let i = 0; i < 16; i++) difficulty.found(64, nowMs);
    run(4);
    run(1);
    expect(sent).to.have.length(3);
    expect(sent[2]).to.include({ set: 2048, isClean: true });
  });

  it('are judged by the easiest of their difficulties, and worth their own', () => {
    const round = roundWithGround();
    miner.mine(round);
    const difficulty = begin();
    run(10);
    difficulty.suggest(256, nowMs);
    run(1);
    const [first, second] = sent.map(({ id }) => feed.find(id)!);
    expect(feed.targetFor(second!)).to.equal(targetOf(64));
    expect(second).to.include({ difficulty: 256, hardestTarget: targetOf(256) });
    expect(first).to.include({ difficulty: 64 });
    nowMs += 120_000;
    expect(feed.targetFor(second!)).to.equal(targetOf(256));
  });

  describe('when the work changes', () => {
    it('come at once and clean for another round', () => {
      miner.mine(roundWithGround());
      begin();
      run(10);
      const next = roundWithGround(Buffer.alloc(32, 7));
      miner.mine(next);
      feed.renew();
      expect(sent).to.have.length(2);
      expect(sent[1]).to.include({ set: undefined, isClean: true, atMs: nowMs });
      expect(feed.find(sent[1]!.id)!.template).to.equal(next.templates[0]);
      // Those of the round before may still come.
      expect(feed.find(sent[0]!.id)).to.not.equal(undefined);
      run(10);
      expect(sent).to.have.length(2);
    });

    it('come at once and clean for another tip, also one that comes back', () => {
      const round = bitcoinRound();
      miner.mine(round);
      begin();
      for (const height of [101, 100]) {
        run(10);
        round.workOn(round.addSegment(segmentAt(height)));
        feed.renew();
        expect(sent.at(-1)).to.include({ isClean: true, atMs: nowMs });
      }
      expect(sent).to.have.length(3);
      expect(sent[2]!.prev).to.equal(sent[0]!.prev).and.not.equal(sent[1]!.prev);
      expect(sent[2]!.coinbase1).to.not.equal(sent[0]!.coinbase1);
    });

    it('come within a second where nobody told of it', () => {
      const round = bitcoinRound();
      miner.mine(round);
      begin();
      run(1);
      round.workOn(round.addSegment(segmentAt(101)));
      run(1);
      expect(sent).to.have.length(2);
      expect(sent[1]).to.include({ isClean: true });
    });

    it('come clean once only, and not for the same work', () => {
      miner.mine(roundWithGround());
      begin();
      run(1);
      feed.renew();
      expect(sent.map(({ isClean }) => isClean)).to.deep.equal([true, false]);
    });

    it('wait for the first segment', () => {
      const round = Round.begin(identity, 5, seed, BITCOIN_ORIGIN);
      miner.mine(round);
      begin();
      run(60);
      expect(lines).to.have.length(0);
      expect(miner.asked).to.have.length(0);
      round.workOn(round.addSegment(segmentAt(100)));
      store(round)();
      run(1);
      expect(sent).to.have.length(1);
      expect(sent[0]).to.include({ isClean: true });
    });
  });

  describe('while nothing is mined', () => {
    it('are quiet ones from 10 s on, every 55 s, whose shares nobody knows', () => {
      miner.mine(roundWithGround());
      begin();
      run(5);
      miner.pause();
      feed.renew();
      run(10);
      expect(sent).to.have.length(1);
      run(1);
      expect(sent).to.have.length(2);
      expect(sent[1]).to.include({ set: QUIET, isClean: true });
      run(110);
      expect(sent).to.have.length(4);
      for (const { id, set } of sent.slice(2)) {
        expect(set).to.equal(undefined);
        expect(feed.find(id)).to.equal(undefined);
      }
      expect(new Set(sent.map(({ id }) => id))).to.have.property('size', 4);
    });

    it('stay as they are in a pause of less than 10 s', () => {
      const round = roundWithGround();
      miner.mine(round);
      begin();
      run(5);
      for (let i = 0; i < 3; i++) {
        miner.pause();
        run(9);
        miner.mine(round);
        run(1);
      }
      expect(sent).to.have.length(1);
    });

    it('are quiet ones also when a round waits for its first segment', () => {
      miner.mine(bitcoinRound());
      begin();
      miner.mine(Round.begin(identity, 6, seed, BITCOIN_ORIGIN));
      feed.renew();
      run(11);
      expect(sent).to.have.length(2);
      expect(sent[1]).to.include({ set: QUIET, isClean: true });
    });

    it('do not get easier for short pauses', () => {
      const round = roundWithGround();
      miner.mine(round);
      const difficulty = begin({ agent: 'bitaxe' });
      for (let i = 0; i < 5; i++) {
        run(5);
        miner.pause();
        run(9);
        miner.mine(round);
      }
      expect(difficulty.current).to.equal(1024);
    });

    it('are followed by a clean one at the difficulty of before, however long it took', () => {
      const round = roundWithGround();
      miner.mine(round);
      const difficulty = begin({ hashrateHps: 1e12 });
      const before = difficulty.current;
      run(5);
      miner.pause();
      run(3_600);
      expect(sent.at(-1)).to.include({ isClean: true });
      expect(difficulty.current).to.equal(before);
      miner.mine(round);
      feed.renew();
      expect(sent.at(-1)).to.include({ set: before, isClean: true });
      // And the rest was no silence of the miner's.
      run(9);
      expect(difficulty.current).to.equal(before);
      expect(sent.at(-1)).to.include({ set: before });
    });

    it('are followed by a clean one on the same round also without being told', () => {
      const round = roundWithGround();
      miner.mine(round);
      begin();
      miner.pause();
      run(30);
      miner.mine(round);
      run(1);
      expect(sent.at(-1)).to.include({ set: 64, isClean: true });
      run(20);
      expect(sent).to.have.length(3);
    });

    it('are quiet ones also for who comes then, where there was a round before', () => {
      miner.lastRound = roundWithGround();
      begin();
      run(11);
      expect(sent).to.have.length(1);
      expect(sent[0]).to.include({ set: QUIET, isClean: true });
      expect(feed.find(sent[0]!.id)).to.equal(undefined);
      miner.mine(miner.lastRound);
      feed.renew();
      expect(sent[1]).to.include({ set: 64, isClean: true });
      expect(feed.find(sent[1]!.id)).to.not.equal(undefined);
    });

    it('are none before the first round', () => {
      begin();
      run(120);
      expect(lines).to.have.length(0);
      miner.mine(roundWithGround());
      feed.renew();
      expect(sent).to.have.length(1);
    });
  });

  describe('when ground is short', () => {
    it('wait until some is leased, which is asked for once', async () => {
      const round = begunRound();
      miner.mine(round);
      begin();
      run(3);
      expect(lines).to.have.length(0);
      expect(miner.asked).to.have.length(1);
      expect(miner.asked[0]).to.include({ round, secondByte: EXTRANONCE1 });
      miner.asked[0]!.lease();
      await turn();
      expect(sent).to.have.length(1);
      run(54);
      expect(sent).to.have.length(1);
      expect(usedUpRounds).to.deep.equal([]);
    });

    it('go on when it is short again', async () => {
      const round = roundWithGround();
      miner.mine(round);
      begin();
      takeLeased(round, EXTRANONCE1);
      run(55);
      expect(sent).to.have.length(1);
      expect(miner.asked).to.have.length(1);
      miner.asked[0]!.lease();
      await turn();
      expect(sent).to.have.length(2);
      takeLeased(round, EXTRANONCE1);
      run(55);
      expect(miner.asked).to.have.length(2);
    });

    it('are tried for again each second while the store takes no writes', async () => {
      const round = begunRound();
      miner.mine(round);
      miner.makeGround = () => {
        miner.asked.push({ round, secondByte: EXTRANONCE1, lease: () => undefined });
        return Promise.resolve();
      };
      begin();
      for (let i = 0; i < 5; i++) {
        await turn();
        run(1);
      }
      expect(miner.asked).to.have.length(6);
      expect(sent).to.have.length(0);
      store(round)();
      await turn();
      run(1);
      expect(sent).to.have.length(1);
    });

    it('are those of the next round, when one begins while it is leased', async () => {
      const old = begunRound();
      miner.mine(old);
      begin();
      const next = begunRound(Buffer.alloc(32, 7));
      miner.mine(next);
      feed.renew();
      expect(miner.asked.map(({ round }) => round)).to.deep.equal([old, next]);
      miner.asked[0]!.lease();
      await turn();
      run(1);
      expect(sent).to.have.length(0);
      expect(miner.asked).to.have.length(2);
      miner.asked[1]!.lease();
      await turn();
      expect(sent).to.have.length(1);
      expect(feed.find(sent[0]!.id)!.template).to.equal(next.templates[0]);
    });

    it('are not sent twice for a next round that has ground', async () => {
      miner.mine(begunRound());
      begin();
      miner.mine(roundWithGround(Buffer.alloc(32, 7)));
      feed.renew();
      expect(sent).to.have.length(1);
      miner.asked[0]!.lease();
      await turn();
      expect(sent).to.have.length(1);
    });

    it('are none where the mining ends meanwhile', async () => {
      miner.mine(begunRound());
      begin();
      miner.pause();
      miner.asked[0]!.lease();
      await turn();
      expect(lines).to.have.length(0);
    });
  });

  describe('when the ground is used up', () => {
    it('are the last one again, under its id and not clean, every 55 s', () => {
      const round = roundWithGround();
      miner.mine(round);
      begin();
      usedUp(round, EXTRANONCE1);
      run(165);
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
      miner.mine(round);
      const difficulty = begin();
      usedUp(round, EXTRANONCE1);
      difficulty.suggest(256, nowMs);
      run(5);
      expect(sent).to.have.length(2);
      expect(sent[1]).to.include({ id: 'job 1', set: 256, isClean: false });
      const job = feed.find('job 1')!;
      expect(job).to.include({ difficulty: 256, hardestTarget: targetOf(256) });
      expect(feed.targetFor(job)).to.equal(targetOf(64));
    });

    it('are the last one again, not more often, when there is another tip', () => {
      const round = bitcoinRound();
      miner.mine(round);
      begin();
      usedUp(round, EXTRANONCE1);
      run(10);
      round.workOn(round.addSegment(segmentAt(101)));
      feed.renew();
      run(44);
      expect(sent).to.have.length(1);
      run(1);
      expect(sent).to.have.length(2);
      expect(sent[1]).to.include({ id: 'job 1', isClean: false });
    });

    it('are quiet ones for who comes then, and who comes from another round', () => {
      const round = usedUp(roundWithGround(Buffer.alloc(32, 7)), EXTRANONCE1);
      miner.mine(round);
      begin();
      expect(sent).to.have.length(1);
      expect(sent[0]).to.include({ set: QUIET, isClean: true });
      run(54);
      expect(sent).to.have.length(1);
      run(1);
      expect(sent).to.have.length(2);
      miner.mine(roundWithGround());
      feed.renew();
      expect(sent[2]).to.include({ set: 64, isClean: true });
      miner.mine(round);
      feed.renew();
      expect(sent[3]).to.include({ set: QUIET, isClean: true });
    });

    it('are new ones in the next round', () => {
      const round = roundWithGround();
      miner.mine(round);
      begin();
      usedUp(round, EXTRANONCE1);
      run(60);
      miner.mine(roundWithGround(Buffer.alloc(32, 7)));
      feed.renew();
      expect(sent.at(-1)).to.include({ isClean: true });
      expect(sent.at(-1)!.id).to.not.equal('job 1');
    });
  });
});
