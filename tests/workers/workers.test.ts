import { expect } from 'chai';
import fc from 'fast-check';
import type { RemoteWorker } from '../../src/workers/worker';
import { MAX_WORKERS, Workers } from '../../src/workers/workers';

describe('Workers', () => {
  let nowMs: number;
  let workers: Workers;
  beforeEach(() => {
    nowMs = 0;
    workers = new Workers(() => nowMs);
  });
  const fill = (): RemoteWorker[] =>
    Array.from({ length: MAX_WORKERS }, (_, i) => workers.register(`rig${i}`));
  const idsKnown = (): string[] => workers.list().map(({ id }) => id);

  it('gives the place of whoever asked longest ago, but for those with accepted shares', () => {
    fill();
    workers.prove('rig0');
    workers.register('rig1');
    expect(workers.register('one more')).not.to.equal(workers.shared);
    expect(idsKnown()).to.include.members(['rig0', 'rig1', 'one more']).and.not.include('rig2');
    for (let i = 0; i < 5 * MAX_WORKERS; i++) workers.register(`flood${i}`);
    expect(idsKnown().filter((id) => id.startsWith('rig'))).to.deep.equal(['rig0']);
    expect(idsKnown()).to.have.length(MAX_WORKERS);
  });

  it('tells of those with accepted shares first', () => {
    workers.prove('rig0');
    for (let i = 0; i < 60; i++) workers.register(`flood${i}`);
    expect(idsKnown()[0]).to.equal('rig0');
  });

  it('gives a worker its place back with the share it found', () => {
    workers.register('rig');
    for (let i = 0; i < MAX_WORKERS; i++) workers.register(`flood${i}`);
    expect(workers.find('rig')).to.equal(undefined);
    const worker = workers.prove('rig');
    for (let i = 0; i < MAX_WORKERS; i++) workers.register(`flood again${i}`);
    expect(workers.register('rig')).to.equal(worker);
  });

  it('has new ones share a place when all others are at work', () => {
    for (const { id } of (fill(), workers.list())) workers.prove(id);
    expect(workers.register('one more')).to.equal(workers.shared);
    expect(workers.prove('one more')).to.equal(workers.shared);
    nowMs = 599_000;
    const kept = workers.register('rig5');
    workers.prove('rig6');
    nowMs = 601_000;
    expect(workers.register('one more')).not.to.equal(workers.shared);
    expect(workers.register('rig5')).to.equal(kept);
    expect(workers.activeWithin(60_000)).to.equal(3);
    expect(idsKnown()).to.include.members(['rig5', 'rig6']).and.have.length(MAX_WORKERS);
  });

  it('lists what each did, those with accepted shares first and the last heard from before the others', () => {
    const [first, second] = [workers.register('rig1'), workers.register('rig2')];
    second.agent = 'cpuminer/2.5.1';
    second.works(7, 1_000n);
    nowMs = 10_000;
    workers.register('new1');
    workers.prove('rig1').accept({ round: 6, hashValue: 3n, hashes: 5 });
    workers.prove('rig2').accept({ round: 7, hashValue: 4n, hashes: 1e6 });
    second.reject('stale');
    workers.register('new2');
    nowMs = 12_000;
    expect(idsKnown()).to.deep.equal(['rig2', 'rig1', 'new2', 'new1']);
    expect(workers.size).to.equal(4);
    const [fast, other, idle] = workers.list(7);
    expect(fast).to.deep.equal({
      id: 'rig2',
      hashrateHps: second.hashrateHps,
      roundHashrateHps: 1e6 / 12,
      accepted: 1,
      rejected: new Map([['stale', 1]]),
      provenHashes: 1e6,
      roundBest: 4n,
      target: 1_000n,
      agent: 'cpuminer/2.5.1',
      idleMs: 2_000,
      sinceShareMs: 2_000,
    });
    expect(other).to.include({ id: 'rig1', accepted: 1, roundHashrateHps: 0, agent: '' });
    expect([other!.roundBest, other!.target]).to.deep.equal([undefined, undefined]);
    expect(idle).to.include({ id: 'new2', accepted: 0, sinceShareMs: null });
    expect(first.roundBest(6)).to.equal(3n);
    // Without a round, there is nothing to tell of one.
    expect(workers.list()[0]).to.include({ roundHashrateHps: 0, roundBest: undefined });
  });

  it('credits those who find no room to the one that they share, which is in no list', () => {
    for (const { id } of (fill(), workers.list())) workers.prove(id);
    workers.prove('one more').accept({ round: 7, hashValue: 1n, hashes: 3 });
    expect(workers.shared).to.include({ accepted: 1, provenHashes: 3 });
    expect(workers.find('one more')).to.equal(undefined);
    expect(workers.size).to.equal(MAX_WORKERS);
    expect(idsKnown()).not.to.include('one more');
  });

  it('never has more than there are places, nor takes one from who proved work', () => {
    const step = fc.record({ id: fc.nat(60), proves: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        workers = new Workers(() => nowMs);
        fill();
        const proven = new Map<string, RemoteWorker>();
        for (const { id, proves } of steps) {
          const name = `more${id}`;
          const worker = proves ? workers.prove(name) : workers.register(name);
          expect(worker).not.to.equal(workers.shared);
          if (proves) proven.set(name, worker);
          for (const [id, worker] of proven) expect(workers.find(id)).to.equal(worker);
        }
        expect(idsKnown().length).to.be.at.most(MAX_WORKERS);
      }),
      { numRuns: 20 },
    );
  });
});
