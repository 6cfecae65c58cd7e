import { expect } from 'chai';
import fc from 'fast-check';
import { OTHER, rejectedOf, WorkerSeries, type Series } from '../../src/metrics/worker-series';
import type { WorkerState } from '../../src/workers/workers';
import { REJECTED_AS } from '../../src/workers/worker';

const HOURS_MS = 3_600_000;

function worker(id: string, sinceShareMs: number | null, accepted = 1, stale = 0): WorkerState {
  return {
    id,
    hashrateHps: 0,
    roundHashrateHps: 0,
    accepted,
    rejected: new Map([['stale', stale]]),
    provenHashes: 0,
    roundBest: undefined,
    target: undefined,
    agent: '',
    idleMs: 0,
    sinceShareMs,
  };
}

/** Workers rig0, rig1 and so on; each mined a second before the one with the next number. */
function rigs(count: number): WorkerState[] {
  return Array.from({ length: count }, (_, i) => worker(`rig${i}`, 1000 * (count - i)));
}

function named(series: Series[]): string[] {
  return series.map((one) => one.worker).filter((name) => name !== OTHER);
}

function other(series: Series[]): Series {
  const [found, ...more] = series.filter((one) => one.worker === OTHER);
  expect(more).to.deep.equal([]);
  return found!;
}

describe('WorkerSeries', () => {
  let series: WorkerSeries;
  beforeEach(() => {
    series = new WorkerSeries();
  });

  for (const [known, own, others] of [
    [0, 0, 0],
    [1, 1, 0],
    [50, 50, 0],
    [51, 50, 1],
    [1024, 50, 974],
  ] as const) {
    it(`gives ${own} of ${known} workers series of their own`, () => {
      const read = series.read(rigs(known));
      expect(named(read)).to.have.length(own);
      expect(other(read).of).to.have.length(others);
      expect(other(read).counts.accepted).to.equal(others);
      const newest = rigs(known).slice(known - own);
      expect(named(read)).to.have.members(newest.map(({ id }) => id));
    });
  }

  it('counts those without an accepted share among the others: their names cost nothing', () => {
    const read = series.read([worker('asks', null, 0, 3), worker('mines', 10)]);
    expect(named(read)).to.deep.equal(['mines']);
    expect(other(read).of).to.have.length(1);
    expect(rejectedOf(other(read).counts, 'stale')).to.equal(3);
  });

  it('counts a worker that is called as the others are among them', () => {
    const read = series.read([worker(OTHER, 0, 5), ...rigs(2)]);
    expect(named(read)).to.have.members(['rig0', 'rig1']);
    expect(other(read).of.map(({ id }) => id)).to.deep.equal([OTHER]);
    expect(other(read).counts.accepted).to.equal(5);
  });

  it('leaves a worker its series for two hours, whoever else mines', () => {
    const before = named(series.read(rigs(50)));
    const newer = Array.from({ length: 50 }, (_, i) => worker(`new${i}`, 0));
    const silentFor = (ms: number): WorkerState[] => before.map((id) => worker(id, ms));
    const still = series.read([...newer, ...silentFor(2 * HOURS_MS - 1)]);
    expect(named(still)).to.have.members(before);
    const after = series.read([...newer, ...silentFor(2 * HOURS_MS)]);
    expect(named(after)).to.have.members(newer.map(({ id }) => id));
  });

  it('leaves it longer where nobody else needs it', () => {
    series.read(rigs(2));
    expect(named(series.read([worker('rig0', 9 * HOURS_MS), worker('rig1', 0)]))).to.include(
      'rig0',
    );
  });

  it('never lets the counts of the others fall while workers come, go and change places', () => {
    const one = fc.record({
      name: fc.nat(60),
      sinceShareMs: fc.option(fc.nat(3 * HOURS_MS)),
      accepted: fc.nat(9),
      stale: fc.nat(9),
    });
    const reads = fc.array(fc.uniqueArray(one, { selector: ({ name }) => name, maxLength: 60 }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(reads, (steps) => {
        const read = new WorkerSeries();
        let before = { accepted: 0, stale: 0 };
        for (const step of steps) {
          const { counts } = other(
            read.read(
              step.map(({ name, sinceShareMs, accepted, stale }) =>
                worker(`rig${name}`, sinceShareMs, accepted, stale),
              ),
            ),
          );
          const now = { accepted: counts.accepted, stale: rejectedOf(counts, 'stale') };
          expect(now.accepted).to.be.at.least(before.accepted);
          expect(now.stale).to.be.at.least(before.stale);
          before = now;
        }
      }),
    );
  });

  it('counts each share of those without series once, however often it is read', () => {
    const full = rigs(50);
    const late = (accepted: number): WorkerState => worker('late', HOURS_MS, accepted, accepted);
    for (const accepted of [2, 2, 5, 5, 7]) {
      const { counts } = other(series.read([...full, late(accepted)]));
      expect(counts.accepted).to.equal(accepted);
      expect(rejectedOf(counts, 'stale')).to.equal(accepted);
    }
  });

  it('goes on counting where a worker began anew, and where it went', () => {
    const full = rigs(50);
    const accepted = (now: WorkerState[]): number =>
      other(series.read([...full, ...now])).counts.accepted;
    expect(accepted([worker('late', HOURS_MS, 5)])).to.equal(5);
    expect(accepted([])).to.equal(5);
    expect(accepted([worker('late', HOURS_MS, 2)])).to.equal(7);
    expect(accepted([worker('late', HOURS_MS, 1)])).to.equal(8);
  });

  it('shows a worker with series of its own the counts that are its own', () => {
    const busy = worker('busy', 0, 12, 4);
    const [own] = series.read([busy]);
    expect(own!.counts.accepted).to.equal(12);
    expect(REJECTED_AS.map((as) => rejectedOf(own!.counts, as))).to.deep.equal([4, 0, 0, 0]);
    expect(other(series.read([busy])).counts.accepted).to.equal(0);
  });
});
