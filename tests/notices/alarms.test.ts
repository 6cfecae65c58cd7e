import { expect } from 'chai';
import type { GovernorState } from '../../src/mining/governor';
import { Alarms } from '../../src/notices/alarms';
import { plainText, type NoticeText } from '../../src/notices/notice';

const SELF = 'self';
const forever = new Promise<never>(() => undefined);

describe('Alarms', () => {
  /** The calls made: the event, then the kind of call. */
  let told: string[];
  let texts: NoticeText[];
  let logged: string[];
  let governor: { state: GovernorState };
  let engine: { healthy: boolean };
  let miner: {
    healthy: { miner: boolean; shareCollection: boolean };
    hashesDone: number;
    miningRound: number | undefined;
    lastRound: undefined;
    storeFault: unknown;
  };
  let bitcoin: { peers: []; refusal: { reason: string } | undefined; tip: undefined };
  let bests: { ofNode: { hashValue: bigint; round: number; at: number } | undefined };
  let workers: { id: string; accepted: number }[];
  let alarms: Alarms;

  beforeEach(() => {
    [told, texts, logged] = [[], [], []];
    governor = { state: 'mining' };
    engine = { healthy: true };
    miner = {
      healthy: { miner: true, shareCollection: true },
      hashesDone: 0,
      miningRound: 7,
      lastRound: undefined,
      storeFault: undefined,
    };
    bests = { ofNode: undefined };
    workers = [];
    bitcoin = { peers: [], refusal: undefined, tip: undefined };
    const tell = (what: string, text: NoticeText): void => {
      // Repeating the last call about an event changes nothing.
      if (about(what.split(' ')[0]!).at(-1) === what) return;
      told.push(what);
      if (!what.endsWith(' well')) texts.push(text);
    };
    alarms = new Alarms({
      engine,
      governor,
      miner,
      blocks: { list: () => [] },
      bests,
      workers: { list: () => workers },
      bitcoin,
      settings: { current: { WORK_SOURCE: 'auto' } },
      self: SELF,
      log: {
        warn: (...words: unknown[]) => void logged.push(words.join()),
        debug: () => undefined,
      },
      notices: {
        once: (event, _key, text) => tell(`${event}`, text),
        alarm: (event, text) => tell(`${event} alarm`, text),
        well: (event, message) => tell(`${event} well`, { level: 'log', message, action: '' }),
      },
      newerTask: () => Promise.resolve(undefined),
    });
  });

  /** Looks as often as the alarms do in this many seconds. */
  const pass = (seconds: number, hashes = 0): void => {
    for (let i = 0; i < seconds / 10; i++) {
      miner.hashesDone += hashes;
      alarms.look();
    }
  };
  const about = (event: string): string[] => told.filter((what) => what.startsWith(event));

  it('says that mining has stopped where no thread has run for half a minute, and when it goes on', () => {
    pass(60, 1000);
    engine.healthy = false;
    miner.healthy.miner = false;
    pass(20);
    expect(about('mining')).to.deep.equal(['mining well']);
    pass(60);
    expect(about('mining')).to.deep.equal(['mining well', 'mining alarm']);
    engine.healthy = miner.healthy.miner = true;
    // Threads that are up again have not hashed anything yet.
    pass(30);
    expect(about('mining')).to.have.length(2);
    pass(10, 1000);
    expect(about('mining')).to.deep.equal(['mining well', 'mining alarm', 'mining well']);
    expect(texts.find(({ level }) => level === 'error')!.message).to.include('none of its threads');
  });

  it('takes no notice of a thread that dies and is started again', () => {
    for (let i = 0; i < 20; i++) {
      engine.healthy = i % 2 === 0;
      pass(10, 1000);
    }
    expect(about('mining')).to.deep.equal(['mining well']);
  });

  it('says so where the threads compute nothing', () => {
    miner.healthy.miner = false;
    pass(30);
    expect(about('mining')).to.deep.equal(['mining alarm']);
    expect(texts[0]!.message).to.include('computed nothing');
  });

  it('says so where the node has not told for two minutes what to mine', async () => {
    miner.miningRound = undefined;
    let tell!: () => void;
    const coming = alarms.mustCome(new Promise<void>((resolve) => (tell = resolve)));
    pass(110);
    expect(about('mining')).to.deep.equal([]);
    pass(10);
    expect(about('mining')).to.deep.equal(['mining alarm']);
    tell();
    await coming;
    miner.miningRound = 7;
    pass(20, 1000);
    expect(about('mining')).to.deep.equal(['mining alarm', 'mining well']);
  });

  it('takes nothing for a stop that is none: between rounds, and the next round early', () => {
    miner.miningRound = undefined;
    pass(600);
    miner.miningRound = 7;
    void alarms.mustCome(forever);
    pass(600, 1000);
    expect(about('mining')).to.deep.equal(['mining well']);
  });

  it('waits no more for what failed', async () => {
    miner.miningRound = undefined;
    await alarms.mustCome(Promise.reject(new Error('no such round'))).catch(() => undefined);
    pass(600);
    expect(about('mining')).to.deep.equal([]);
  });

  for (const state of ['paused', 'outside the schedule'] as const) {
    it(`says nothing of mining while it is ${state}`, () => {
      governor.state = state;
      engine.healthy = miner.healthy.miner = false;
      miner.miningRound = undefined;
      void alarms.mustCome(forever);
      pass(3600);
      expect(about('mining')).to.deep.equal([]);
      governor.state = 'mining';
      pass(20);
      expect(about('mining')).to.deep.equal([]);
      pass(10);
      expect(about('mining')).to.deep.equal(['mining alarm']);
    });
  }

  it('says that the store takes no writes at the second look, with the code and nothing else of the error', () => {
    miner.storeFault = new Error('secret', {
      cause: Object.assign(new Error('/home/secret'), { code: 'ENOSPC' }),
    });
    pass(10);
    expect(about('store')).to.deep.equal([]);
    pass(60);
    expect(about('store')).to.deep.equal(['store alarm']);
    expect(texts[0]!.message).to.include('(ENOSPC)').and.not.include('secret');
    miner.storeFault = undefined;
    pass(10);
    expect(about('store')).to.deep.equal(['store alarm', 'store well']);
  });

  it('quotes no code that is none', () => {
    miner.storeFault = Object.assign(new Error('secret'), { code: 'Esecret /home' });
    pass(20);
    expect(texts[0]!.message).not.to.include('secret');
  });

  it('says which proof is not on the chain, and when one is again', () => {
    expect(alarms.listed(6, {})).to.equal(true);
    alarms.submitted(7);
    alarms.submitted(8);
    expect(alarms.listed(7, { other: 'proof' })).to.equal(false);
    expect(told).to.deep.equal(['proof alarm']);
    expect(texts[0]!.message).to.include('proof of round 7');
    expect(logged.join()).to.include('the proof of round 7 is not on the chain');
    expect(alarms.listed(8, { [SELF]: 'proof' })).to.equal(true);
    expect(told).to.deep.equal(['proof alarm', 'proof well']);
  });

  it('says nothing of a proof that was handed in before the network was reset', () => {
    alarms.submitted(40);
    alarms.submitted(3);
    alarms.listed(40, {});
    alarms.forgetRounds();
    alarms.listed(3, {});
    expect([...told, ...logged]).to.deep.equal([]);
  });

  it('looks at Bitcoin as well', () => {
    bitcoin.refusal = { reason: 'high-hash' };
    pass(10);
    expect(about('bitcoin')).to.deep.equal(['bitcoin work alarm']);
  });

  it('tells of a first reward in tokens, and of none that is nothing', () => {
    alarms.rewarded(7, 0);
    expect(told).to.deep.equal([]);
    for (const [roe, tokens] of [
      [1, '0.000000001 tokens'],
      [250_000_000, '0.25 tokens'],
      [1_000_000_000, '1 token'],
      [20_500_000_000, '20.5 tokens'],
    ] as const) {
      alarms.rewarded(7, roe);
      told = [];
      expect(texts.at(-1)!.message).to.include(` ${tokens} for `);
    }
  });

  it('says all in each message, none of which is too long to be shown', () => {
    alarms.address(`http://127.0.0.1:8080/?token=${'0'.repeat(32)}`);
    alarms.rewarded(2 ** 31, 123_456_789_012_345);
    alarms.submitted(2 ** 31);
    alarms.listed(2 ** 31, {});
    miner.storeFault = Object.assign(new Error(), { code: 'ENAMETOOLONG' });
    for (const stop of [
      () => (engine.healthy = false),
      () => ((engine.healthy = true), (miner.healthy.miner = false)),
      () => ((miner.healthy.miner = true), (miner.miningRound = undefined)),
    ]) {
      stop();
      void alarms.mustCome(forever);
      pass(120);
      told = [];
    }
    expect(texts.length).to.be.at.least(7);
    for (const { message, action, level } of texts) {
      expect(plainText(message)).to.equal(message);
      expect(plainText(action)).to.equal(action);
      if (level === 'error') expect(action).not.to.equal('');
    }
  });

  describe('of the best difficulty', () => {
    const DAY = 24 * 3_600_000;
    const best = (hashValue: bigint, at: number): void => {
      bests.ofNode = { hashValue, round: 9, at };
      alarms.look();
    };

    it('tells a new one where the one before had stood for a day', () => {
      best(1n << 200n, 0);
      best(1n << 190n, 2 * DAY);
      expect(about('best')).to.deep.equal(['best']);
      expect(texts.at(-1)!.message).to.match(
        /^Your best difficulty ever: 17\.2 G, in round 9\. The best until then, 16\.8 M, had stood for 2 days\.$/,
      );
    });

    it('tells nothing of the first, nor of one that comes within the day', () => {
      best(1n << 200n, 0);
      best(1n << 190n, DAY - 1);
      best(1n << 180n, DAY);
      best(1n << 180n, DAY);
      expect(about('best')).to.deep.equal([]);
    });
  });

  describe('of rewards', () => {
    it('tells three rounds in a row without one, and when a round pays again', () => {
      for (const round of [7, 8]) alarms.paid(round, 0n);
      expect(about('reward')).to.deep.equal([]);
      alarms.paid(9, 0n);
      alarms.paid(10, 0n);
      expect(about('reward')).to.deep.equal(['reward alarm']);
      expect(texts.at(-1)!.message).to.include('round 9,');
      alarms.paid(11, 5n);
      expect(about('reward')).to.deep.equal(['reward alarm', 'reward well']);
    });

    it('begin to count anew with each that is paid, and after a reset of the network', () => {
      for (const roe of [0n, 0n, 1n, 0n, 0n]) alarms.paid(7, roe);
      alarms.forgetRounds();
      for (const round of [1, 2]) alarms.paid(round, 0n);
      expect(about('reward')).to.deep.equal(['reward well']);
    });
  });
});
