import { expect } from 'chai';
import { createLog } from '../../src/process/log';
import type { Round } from '../../src/rounds/round';
import { RoundKeeper } from '../../src/rounds/round-keeper';
import type { RoundRecord } from '../../src/rounds/round-record';
import { FakeClock } from '../fixtures/fake-clock';
import { MemoryStore } from '../fixtures/memory-store';
import { openShareDoor, type ShareDoor } from '../fixtures/share-door';
import { begunRound, identity, vector } from './vector';

const KEY = `round:${vector.round % 8}`;

describe('RoundKeeper', () => {
  let memory: MemoryStore;
  let clock: FakeClock;
  let lines: string[];
  let door: ShareDoor;
  let keeper: RoundKeeper;
  let round: Round;
  let over: AbortController;
  beforeEach(async () => {
    memory = new MemoryStore();
    clock = new FakeClock();
    lines = [];
    const log = createLog('info', (line) => lines.push(line));
    door = await openShareDoor(memory, identity, log);
    keeper = new RoundKeeper({ store: door.rounds, shares: door.shares, log, clock });
    round = begunRound();
    over = new AbortController();
  });
  afterEach(() => over.abort());

  const stored = (): RoundRecord => JSON.parse(memory.values.get(KEY)!) as RoundRecord;
  const unsavedLines = (): string[] => lines.filter((line) => line.includes('could not be saved'));
  /** Many ask at once for ground. @param secondByte of a connection's; else workers ask */
  const askForGround = async (secondByte?: number): Promise<void> => {
    const asked = Array.from({ length: 100 }, () => keeper.makeGround(round, secondByte));
    await clock.runUntil(clock.now() + 1_000);
    await Promise.all(asked);
  };
  const failureOf = (write: Promise<void>): Promise<unknown> =>
    write.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('saves a round within a second of a new best share, and its counters every ten, until aborted', async () => {
    await keeper.save(round);
    const saving = keeper.saveUntil(over.signal, round);
    const before = memory.writes;
    const writesAt = async (ms: number): Promise<number> => {
      await clock.runUntil(ms);
      return memory.writes - before;
    };
    round.addHashes(7);
    expect(await writesAt(9_999)).to.equal(0);
    expect(await writesAt(10_000)).to.equal(1);
    expect(stored().hashes).to.equal(7);
    keeper.saveSoon();
    expect(await writesAt(10_999)).to.equal(1);
    expect(await writesAt(11_000)).to.equal(2);
    expect(await writesAt(20_999)).to.equal(2);
    keeper.saveSoon();
    over.abort();
    await saving;
    expect(await writesAt(60_000)).to.equal(2);
  });

  it('saves a round whose ground runs low before a worker has to wait for some', async () => {
    await keeper.save(round);
    void keeper.saveUntil(over.signal, round);
    for (let i = 0; !round.leases.isLow; i++) round.leases.ofWorker(`rig${i}`);
    expect(round.leases.isShort).to.equal(false);
    const { writes } = memory;
    await clock.runUntil(1_000);
    expect(memory.writes).to.equal(writes + 1);
    expect(round.leases.isLow).to.equal(false);
  });

  it('writes once for all who wait for ground, and not at all where there is some', async () => {
    expect(round.leases.ofWorker('rig')).to.equal(undefined);
    await askForGround();
    expect(memory.writes).to.equal(1);
    expect(round.leases.ofWorker('rig')).to.be.a('number');
    await keeper.makeGround(round);
    await keeper.makeGround(round, 7);
    expect(memory.writes).to.equal(1);
    for (let i = 0; !round.leases.isShort; i++) round.leases.ofWorker(`rig${i}`);
    await askForGround();
    expect(memory.writes).to.equal(2);
    while (round.leases.ofConnection(7) !== undefined);
    await askForGround(7);
    expect(memory.writes).to.equal(3);
    expect(round.leases.ofConnection(7)).to.be.a('number');
  });

  it('leases ground ahead once a second at most, however often it is used up, and at once if none was leased for long', async () => {
    let [given, waited] = [0, 0];
    for (const over = clock.now() + 10_000; clock.now() < over; waited++) {
      while (round.leases.ofWorker(`rig${given}`) !== undefined) given++;
      const made = keeper.makeGround(round);
      await clock.runUntil(clock.now() + 100);
      if (waited === 0) await made;
    }
    expect(given).to.be.within(9 * 256, 11 * 256);
    expect(memory.writes).to.be.within(10, 11);
  });

  it('tells of a store that fails once a minute, however many workers ask for ground', async () => {
    memory.broken = true;
    for (let second = 1; second <= 61; second++) {
      await askForGround();
      expect(round.leases.isShort).to.equal(true);
      expect(unsavedLines()).to.have.length(second <= 60 ? 1 : 2);
    }
    expect(unsavedLines()[0]).to.include('disk full');
    expect(unsavedLines()[1]).to.include(`round ${vector.round} could not be saved (60 times)`);
  });

  it('tries a save that failed again every second until it succeeds', async () => {
    memory.broken = true;
    let tries = 0;
    const set = memory.set.bind(memory);
    memory.set = (key, value) => {
      tries++;
      return set(key, value);
    };
    void keeper.saveUntil(over.signal, round);
    expect(await failureOf(keeper.store(round))).to.equal(memory.fault);
    expect(keeper.storeFault).to.equal(memory.fault);
    await clock.runUntil(3_000);
    expect(tries).to.equal(4);
    expect(unsavedLines()).to.have.length(1);
    memory.broken = false;
    await clock.runUntil(4_000);
    expect(tries).to.equal(5);
    expect(keeper.storeFault).to.equal(undefined);
    expect(stored().round).to.equal(vector.round);
    await clock.runUntil(9_000);
    expect(tries).to.equal(5);
  });

  it('has the shares logged so far in the store with the round that counts them', async () => {
    for (let i = 0; i < 3; i++) {
      const submissionId = `local-${i}`;
      const hash = '00'.repeat(32);
      door.shares.note({ round: vector.round, workerId: 'local', submissionId, hash, best: false });
    }
    await keeper.save(round);
    expect(stored().countedUntil).to.equal(3);
    const later = await openShareDoor(memory, identity);
    expect(later.shares.recent(500).map(({ place }) => place)).to.deep.equal([3, 2, 1]);
    expect((await later.rounds.load(vector.round))!.countedUntil).to.equal(3);
  });

  it('knows of a log that could not be written either', async () => {
    await keeper.save(round);
    memory.broken = true;
    const submissionId = 'rig1-1';
    const hash = '00'.repeat(32);
    const share = { round: vector.round, workerId: 'rig1', submissionId, hash, best: false };
    expect(await failureOf(door.shares.keep(share))).to.equal(memory.fault);
    expect(keeper.storeFault).to.equal(memory.fault);
    memory.broken = false;
    await keeper.save(round);
    expect(keeper.storeFault).to.equal(undefined);
  });

  it('loads what was saved last', async () => {
    expect(await keeper.load(vector.round)).to.equal(undefined);
    await keeper.save(round);
    expect((await keeper.load(vector.round))!.seed).to.deep.equal(round.seed);
  });
});
