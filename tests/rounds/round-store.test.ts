import { expect } from 'chai';
import { FLOOR } from '../../src/consensus';
import { createLog } from '../../src/log';
import { decodeProof } from '../../src/proof/codec';
import { Round } from '../../src/rounds/round';
import { RoundStore } from '../../src/rounds/round-store';
import { decodeKey, type Identity } from '../../src/work/identity';
import { MemoryStore } from '../fixtures/memory-store';
import { vectors } from '../fixtures/proofs';
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

describe('a stored round of another account', () => {
  const vector = vectors[0]!;
  const mined: Identity = {
    taskId: decodeKey(vector.taskId),
    submitter: decodeKey(vector.submitter),
  };
  const other: Identity = { ...mined, submitter: Buffer.alloc(32, 7) };
  const log = createLog('silent');
  let stored: MemoryStore;
  beforeEach(async () => {
    stored = new MemoryStore();
    const round = Round.begin(mined, vector.round, Buffer.from(vector.seed, 'hex'));
    const decoded = decodeProof(vector.proof);
    if (!('proof' in decoded)) throw new Error('no proof');
    for (const attempt of decoded.proof.attempts.flat()) round.add(attempt, FLOOR);
    round.addHashes(1000);
    round.close();
    await new RoundStore(stored, mined, log).save(round);
  });

  const load = (identity: Identity): Promise<Round | undefined> =>
    new RoundStore(stored, identity, log).load(vector.round);

  it('is none of this one: its shares are worthless here, and it is not over', async () => {
    expect((await load(mined))!.proof()).to.equal(vector.proof);
    expect(await load(other)).to.equal(undefined);
  });
});
