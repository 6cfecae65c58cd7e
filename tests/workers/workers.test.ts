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
