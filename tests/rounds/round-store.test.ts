import { expect } from 'chai';
import { createLog, type Log } from '../../src/process/log';
import { Round } from '../../src/rounds/round';
import { RoundStore } from '../../src/rounds/round-store';
import { MemoryStore } from '../fixtures/memory-store';
import { openShareDoor } from '../fixtures/share-door';
import { identity, seed } from '../fixtures/template';
import { identity as mined, minedRound, vector } from './vector';

const silent = createLog('silent');
/** The store as a new process opens it. */
const storeOn = async (memory: MemoryStore, of = mined, log: Log = silent): Promise<RoundStore> =>
  (await openShareDoor(memory, of, log)).rounds;

describe('the store of rounds', () => {
  let stored: MemoryStore;
  let reads: number;
  let lines: string[];
  let rounds: RoundStore;
  beforeEach(() => {
    stored = new MemoryStore();
    [reads, lines] = [0, []];
    const store = {
      get: (key: string) => {
        reads++;
        return stored.get(key);
      },
      set: (key: string, value: string) => stored.set(key, value),
    };
    rounds = new RoundStore(
      store,
      (record) => Round.restore(identity, record),
      createLog('info', (line) => lines.push(line)),
    );
  });

  it('reads a slot once, and what was saved not at all', async () => {
    for (const round of [3, 11, 3, 19]) expect(await rounds.load(round)).to.equal(undefined);
    expect(reads).to.equal(1);
    await rounds.save(Round.begin(identity, 4, seed));
    expect((await rounds.load(4))!.number).to.equal(4);
    expect(await rounds.load(12)).to.equal(undefined);
    expect(reads).to.equal(1);
  });

  it('makes a round of what is stored once, and again when that was changed', async () => {
    await rounds.save(Round.begin(identity, 4, seed));
    const first = await rounds.load(4);
    expect(await rounds.load(4)).to.equal(first);
    expect(await rounds.load(12)).to.equal(undefined);
    expect(await rounds.load(4)).to.equal(first);
    const closed = Round.begin(identity, 4, seed);
    closed.close();
    await rounds.save(closed);
    expect((await rounds.load(4))!.closed).to.equal(true);
    await rounds.save(Round.begin(identity, 12, seed));
    expect(await rounds.load(4)).to.equal(undefined);
    expect((await rounds.load(12))!.number).to.equal(12);
  });

  it('shows what is stored, not what could not be saved', async () => {
    await rounds.save(Round.begin(identity, 4, seed));
    stored.broken = true;
    const failed = await rounds
      .save(Round.begin(identity, 12, seed))
      .catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(Error);
    expect(await rounds.load(12)).to.equal(undefined);
    expect((await rounds.load(4))!.number).to.equal(4);
  });

  it('writes rounds in the order in which they were given, however long a write takes', async () => {
    const set = stored.set.bind(stored);
    const begun: (() => void)[] = [];
    stored.set = async (key, value) => {
      await new Promise<void>((resolve) => begun.push(resolve));
      return set(key, value);
    };
    const round = Round.begin(identity, 4, seed);
    round.leases.openShared();
    const first = rounds.save(round);
    round.leases.take();
    round.addHashes(7);
    const second = rounds.save(round);
    // If both writes had begun, the later one would be done first.
    for (let turns = 0; turns < 20; turns++) {
      await new Promise(setImmediate);
      begun.pop()?.();
    }
    await Promise.all([first, second]);
    const record = JSON.parse(stored.values.get('round:4')!) as { hashes: number; leased: number };
    expect(record.hashes).to.equal(7);
    expect(record.leased).to.equal(round.leases.toRecord().leased);
    expect((await rounds.load(4))!.hashes).to.equal(7);
  });

  it('writes on after a write that failed', async () => {
    stored.broken = true;
    const failed = rounds.save(Round.begin(identity, 4, seed)).catch((error: unknown) => error);
    const later = rounds.save(Round.begin(identity, 5, seed)).catch((error: unknown) => error);
    expect(await failed).to.be.instanceOf(Error);
    expect(await later).to.be.instanceOf(Error);
    stored.broken = false;
    await rounds.save(Round.begin(identity, 6, seed));
    expect((await rounds.load(6))!.number).to.equal(6);
  });

  it('has workers given ground only once that is stored', async () => {
    const round = Round.begin(identity, 4, seed);
    stored.broken = true;
    await rounds.save(round).catch(() => undefined);
    expect(round.leases.isShort).to.equal(true);
    stored.broken = false;
    await rounds.save(round);
    expect(round.leases.isShort).to.equal(false);
  });

  it('tells whose place a round would take', async () => {
    expect(await rounds.inPlaceOf(4)).to.equal(undefined);
    await rounds.save(Round.begin(identity, 12, seed));
    expect(await Promise.all([4, 12, 20].map((round) => rounds.inPlaceOf(round)))).to.deep.equal([
      12, 12, 12,
    ]);
    expect(await rounds.inPlaceOf(5)).to.equal(undefined);
    await stored.set('round:6', '{');
    expect(await rounds.inPlaceOf(6)).to.equal(undefined);
    expect(lines).to.deep.equal([]);
  });

  it('asks again after a read that failed', async () => {
    await stored.set('round:4', JSON.stringify(Round.begin(identity, 4, seed).toRecord()));
    const get = stored.get.bind(stored);
    stored.get = () => Promise.reject(new Error('not now'));
    const failed = await rounds.load(4).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(Error);
    stored.get = get;
    expect((await rounds.load(4))!.number).to.equal(4);
  });

  it('tells once of a record that is garbage, whoever asks for it', async () => {
    await stored.set('round:4', '{');
    for (let i = 0; i < 10; i++) expect(await rounds.load(4)).to.equal(undefined);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include('round 4 is unreadable');
  });
});

describe('the record of a round', () => {
  it('gives back what was saved', async () => {
    const memory = new MemoryStore();
    const store = await storeOn(memory);
    const round = minedRound();
    round.close();
    await store.save(round);
    const loaded = await (await storeOn(memory)).load(vector.round);
    const record = round.toRecord();
    // Ground leased ahead is skipped.
    const { leased, salts } = record;
    expect({ ...loaded?.toRecord(), leased, salts }).to.deep.equal(record);
    expect(loaded?.proof()).to.equal(vector.proof);
    expect(await store.load(vector.round)).to.deep.include({ number: vector.round, closed: true });
  });

  it('uses a bounded set of keys', async () => {
    const memory = new MemoryStore();
    const store = await storeOn(memory, mined);
    for (let round = 0; round < 50; round++) await store.save(Round.begin(mined, round, seed));
    expect(memory.values.size).to.equal(8);
    expect(await store.load(49)).not.to.equal(undefined);
    expect(await store.load(41)).to.equal(undefined);
  });

  it('drops shares from a record that do not hash to shares', async () => {
    const memory = new MemoryStore();
    const record = { ...minedRound().toRecord(), seed: '01'.repeat(32) };
    await memory.set(`round:${vector.round % 8}`, JSON.stringify(record));
    const loaded = await (await storeOn(memory)).load(vector.round);
    expect(loaded?.shares).to.deep.equal([]);
  });

  const record = (): Record<string, unknown> => ({ ...minedRound().toRecord() });
  const withSegment = (change: object, payout = ''): string =>
    JSON.stringify({
      ...record(),
      payout,
      segments: [{ ...minedRound().toRecord().segments[0], ...change }],
    });
  const bitcoinRecord = (): object => ({ ...record(), payout: '44'.repeat(20) });
  const [first] = minedRound().toRecord().segments;
  const twice = [{ ...first, shares: [] }, first];
  const outdated = {
    round: vector.round,
    seed: vector.seed,
    submitter: record()['submitter'],
    starts: 1,
    closed: false,
    hashes: 1,
    validShares: 28,
    invalidShares: 0,
    countedUntil: 0,
    minedMs: 0,
    proof: vector.proof,
  };
  const garbage: [string, string][] = [
    ['an empty value', ''],
    ['half of a record', JSON.stringify(record()).slice(0, 100)],
    ['null', 'null'],
    ['a field too many', JSON.stringify({ ...record(), more: 1 })],
    ['a negative count', JSON.stringify({ ...record(), hashes: -1 })],
    ['a broken seed', JSON.stringify({ ...record(), seed: 'xyz' })],
    ['one that does not say whose it is', JSON.stringify({ ...record(), submitter: undefined })],
    ['a share that is none', withSegment({ shares: ['00'] })],
    ['a block without a time', withSegment({ time: undefined })],
    ['a time that no header has', withSegment({ time: 2 ** 32 })],
    ['a payout that is none', JSON.stringify({ ...record(), payout: '00' })],
    ['a block of no height that Bitcoin has', withSegment({ height: 0 }, '44'.repeat(20))],
    ['a block twice', JSON.stringify({ ...bitcoinRecord(), segments: twice })],
    ['more ground than there is', JSON.stringify({ ...record(), leased: 2 ** 16 + 1 })],
    ['a worker on no ground', JSON.stringify({ ...record(), workers: [['rig1', 2 ** 16]] })],
    ["an earlier build's proof in the place of segments", JSON.stringify(outdated)],
  ];
  for (const [what, text] of garbage) {
    it(`treats ${what} as no record`, async () => {
      const memory = new MemoryStore();
      memory.values.set(`round:${vector.round % 8}`, text);
      const lines: string[] = [];
      const log = createLog('info', (line) => lines.push(line));
      const store = await storeOn(memory, mined, log);
      expect(await store.load(vector.round)).to.equal(undefined);
      expect(lines.join()).to.include(
        `record of round ${vector.round} is unreadable: starting afresh`,
      );
    });
  }
});

describe('a stored round of another account', () => {
  it('is none of this one: its shares are worthless here, and it is not over', async () => {
    const stored = new MemoryStore();
    const round = minedRound();
    round.close();
    await (await storeOn(stored)).save(round);
    const load = async (of = mined) => (await storeOn(stored, of)).load(vector.round);
    expect((await load())!.proof()).to.equal(vector.proof);
    expect(await load({ ...mined, submitter: Buffer.alloc(32, 7) })).to.equal(undefined);
  });
});
