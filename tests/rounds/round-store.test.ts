import { expect } from 'chai';
import { createLog } from '../../src/log';
import { Round } from '../../src/rounds/round';
import { RoundStore } from '../../src/rounds/round-store';
import { MemoryStore } from '../fixtures/memory-store';
import { identity, seed } from '../fixtures/template';

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
      identity,
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

  it('tells whose place a round would take', async () => {
    expect(await rounds.inPlaceOf(4)).to.equal(undefined);
    await rounds.save(Round.begin(identity, 12, seed));
    expect(await Promise.all([4, 12, 20].map((round) => rounds.inPlaceOf(round)))).to.deep.equal([
      ...[12, 12, 12],
    ]);
    expect(await rounds.inPlaceOf(5)).to.equal(undefined);
    await stored.set('round:6', '{');
    expect(await rounds.inPlaceOf(6)).to.equal(undefined);
    expect(lines).to.deep.equal([]);
  });

  it('forgets what is closed after a reset of the network, and nothing else', async () => {
    const closed = Round.begin(identity, 3, seed);
    closed.close();
    await rounds.save(closed);
    await rounds.save(Round.begin(identity, 4, seed));
    await stored.set('round:5', '{');
    await rounds.forgetClosed();
    const after = new RoundStore(
      stored,
      identity,
      createLog('info', (line) => lines.push(line)),
    );
    for (const each of [rounds, after]) {
      expect(await each.load(3)).to.equal(undefined);
      expect(await each.inPlaceOf(3)).to.equal(undefined);
      expect((await each.load(4))!.number).to.equal(4);
    }
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
