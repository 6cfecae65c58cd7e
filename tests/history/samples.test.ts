import { expect } from 'chai';
import { timeOf, type Sample, Samples } from '../../src/history/samples';
import { createLog } from '../../src/process/log';
import { MemoryStore } from '../fixtures/memory-store';

const log = createLog('silent');
const START = 1_700_000_040_000;
const MINUTE = 60_000;

function sample(at: number, threads = 2): Sample {
  return {
    at,
    round: 7,
    hashesDone: 5e9,
    hashesProven: 6e9,
    shares: 28,
    hashrateHps: 12_345_678,
    threadsHps: Array.from({ length: threads }, () => 6_172_839),
  };
}

describe('Samples', () => {
  let store: MemoryStore;
  beforeEach(() => (store = new MemoryStore()));

  /** One sample every two seconds, as when following the miner. */
  function follow(samples: Samples, from: number, ms: number): void {
    for (let at = from; at < from + ms; at += 2000) samples.add(sample(at));
  }

  it('keeps an hour: every sample of ten minutes, before that one in ten seconds', async () => {
    const samples = await Samples.open(store, log, START);
    follow(samples, START, 180 * MINUTE);
    const end = START + 180 * MINUTE - 2000;
    const times = samples.after(0).map(timeOf);
    expect(times[0]).to.be.greaterThan(end - 60 * MINUTE);
    expect(times.at(-1)).to.equal(end);
    const recent = times.filter((at) => at > end - 10 * MINUTE);
    expect(recent).to.have.length(300);
    const older = times.filter((at) => at <= end - 10 * MINUTE);
    expect(older.every((at) => at % 10_000 === 0)).to.equal(true);
    expect(older).to.have.length(300);
  });

  it('fills sixty keys and no more, with two small writes a minute', async () => {
    const samples = await Samples.open(store, log, START);
    follow(samples, START, 180 * MINUTE);
    await samples.written();
    expect(store.values.size).to.equal(60);
    expect(store.writes).to.be.at.most(2 * 180);
    for (const value of store.values.values()) expect(value.length).to.be.below(500);
  });

  it('survives a restart but for the last half minute, and goes on', async () => {
    const before = await Samples.open(store, log, START);
    follow(before, START, 5 * MINUTE);
    await before.written();
    const end = START + 5 * MINUTE;
    const after = await Samples.open(store, log, end);
    const times = after.after(0).map(timeOf);
    expect(times[0]).to.equal(START);
    expect(times.at(-1)).to.be.at.least(end - 40_000);
    follow(after, end, MINUTE);
    expect(
      after
        .after(0)
        .map(timeOf)
        .filter((at) => at > end),
    ).to.have.length(29);
  });

  it('leaves behind what is older than an hour, to come, or unreadable', async () => {
    const before = await Samples.open(store, log, START);
    follow(before, START, 3 * MINUTE);
    await before.written();
    expect((await Samples.open(store, log, START + 61 * MINUTE)).after(0)).to.have.length.within(
      1,
      2 * 6,
    );
    expect((await Samples.open(store, log, START - 1)).after(0)).to.deep.equal([]);
    for (const key of store.values.keys()) store.values.set(key, '[["x"]]');
    expect((await Samples.open(store, log, START + MINUTE)).after(0)).to.deep.equal([]);
  });

  it('gives what came behind a place, and takes each time once', async () => {
    const samples = await Samples.open(store, log, START);
    follow(samples, START, 10_000);
    samples.add(sample(START));
    expect(samples.after(3).map(timeOf)).to.deep.equal([START + 6000, START + 8000]);
  });

  it('tells at most sixteen threads apart', async () => {
    const samples = await Samples.open(store, log, START);
    samples.add(sample(START, 16));
    samples.add(sample(START + 2000, 17));
    expect(samples.after(0).map((tuple) => tuple.length)).to.deep.equal([6 + 16, 6]);
  });

  it('goes on when the store takes no writes', async () => {
    const samples = await Samples.open(store, log, START);
    store.broken = true;
    follow(samples, START, 2 * MINUTE);
    await samples.written();
    expect(samples.after(0)).to.have.length(60);
  });
});
