import { expect } from 'chai';
import fc from 'fast-check';
import { Leases, type LeaseRecord } from '../../src/workers/leases';

const PREFIXES = 2 ** 16;

/** The leases of a first process, with its round stored. */
function storedLeases(): Leases {
  const leases = new Leases();
  leases.openShared();
  leases.stored(leases.toRecord());
  return leases;
}

/** The leases as a later process reads them from the store. */
function restarted(leases: Leases): Leases {
  const record = leases.toRecord();
  const later = new Leases(JSON.parse(JSON.stringify(record)) as LeaseRecord);
  later.stored(later.toRecord());
  return later;
}

describe('Leases', () => {
  const worker = fc.integer({ min: 0, max: 5 }).map((i) => `rig${i}`);
  const step = fc.oneof(
    fc.constant({ does: 'take' as const }),
    fc.record({ does: fc.constant('ask' as const), worker }),
    // Many workers at once use up what is stored as leased ahead.
    fc.record({ does: fc.constant('crowd' as const), size: fc.integer({ min: 1, max: 300 }) }),
    // Picks a prefix that somebody holds, now or in an earlier process.
    fc.record({ does: fc.constant('prove' as const), worker, which: fc.nat(2000) }),
    fc.record({ does: fc.constant('proveOwn' as const), worker }),
    fc.record({
      does: fc.constant('connect' as const),
      secondByte: fc.constantFrom(0, 1, 255),
      jobs: fc.integer({ min: 1, max: 6 }),
    }),
    fc.constant({ does: 'save' as const }),
    // The record is made now and written later.
    fc.constant({ does: 'beginSave' as const }),
    fc.constant({ does: 'endSave' as const }),
    fc.constant({ does: 'crash' as const }),
  );

  it('never leases a prefix twice, over restarts at any time, and gives a worker the same each time', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        let inStore: LeaseRecord | undefined;
        let writing: LeaseRecord | undefined;
        let leases = new Leases();
        let strangers = 0;
        let searches = 0;
        let jobs = 0;
        /** Holder of each prefix, in any process so far. */
        const holders = new Map<number, string>();
        /** Prefixes given by this process. */
        let given = new Map<string, number>();
        /** What a later process has to know. */
        let remembered = new Map<string, number>();
        let provenNow = new Map<string, number>();
        const hold = (prefix: number | undefined, holder: string): void => {
          if (prefix === undefined) return;
          expect(prefix).to.be.within(0, PREFIXES - 1);
          expect(holders.get(prefix) ?? holder, `prefix ${prefix}`).to.equal(holder);
          holders.set(prefix, holder);
        };
        const ask = (id: string): void => {
          const prefix = leases.ofWorker(id);
          hold(prefix, id);
          if (prefix === undefined) {
            expect(given.has(id)).to.equal(false);
            return;
          }
          expect(given.get(id) ?? prefix).to.equal(prefix);
          expect(leases.find(id)).to.equal(prefix);
          given.set(id, prefix);
        };
        const store = (record: LeaseRecord): void => {
          inStore = JSON.parse(JSON.stringify(record)) as LeaseRecord;
          leases.stored(record);
          remembered = new Map(provenNow);
        };
        for (const each of steps) {
          if (each.does === 'take') {
            const prefix = leases.take();
            leases.openShared();
            hold(leases.shared, 'nobody');
            // As the miner does before the search begins.
            store(leases.toRecord());
            hold(prefix, `search ${searches++}`);
          } else if (each.does === 'ask') ask(each.worker);
          else if (each.does === 'crowd') {
            for (let i = 0; i < each.size; i++) ask(`stranger${strangers++}`);
          } else if (each.does === 'prove') {
            const { worker, which } = each;
            const held = [...holders.keys()];
            const prefix = held[which % held.length] ?? 0;
            const holder = holders.get(prefix);
            leases.prove(worker, prefix);
            // A share on somebody else's ground takes over no prefix that this process has given.
            const own = leases.find(worker);
            if (own !== given.get(worker)) {
              expect(own).to.equal(prefix);
              expect([...given.values()]).not.to.include(prefix);
              if (holder !== undefined && own !== undefined) holders.set(prefix, worker);
            }
            if (own !== undefined) given.set(worker, own);
            if (own === prefix) provenNow.set(worker, prefix);
          } else if (each.does === 'proveOwn') {
            const prefix = given.get(each.worker);
            if (prefix === undefined) continue;
            leases.prove(each.worker, prefix);
            provenNow.set(each.worker, prefix);
          } else if (each.does === 'connect') {
            for (let i = 0; i < each.jobs; i++) {
              const prefix = leases.ofConnection(each.secondByte);
              if (prefix === undefined) {
                expect(leases.isShortFor(each.secondByte)).to.equal(true);
                break;
              }
              expect(prefix % 256).to.equal(each.secondByte);
              hold(prefix, `job ${++jobs}`);
            }
          } else if (each.does === 'save') store(leases.toRecord());
          else if (each.does === 'beginSave') writing = leases.toRecord();
          else if (each.does === 'endSave') {
            if (!writing) continue;
            // Records are written in the order in which they were made, as by RoundStore.
            if (inStore && writing.leased < inStore.leased) continue;
            inStore = JSON.parse(JSON.stringify(writing)) as LeaseRecord;
            leases.stored(writing);
            remembered = new Map(writing.workers.filter(([id]) => id !== ''));
            writing = undefined;
          } else {
            leases = new Leases(inStore);
            [given, provenNow, writing] = [new Map(remembered), new Map(remembered), undefined];
            for (const [id, prefix] of remembered) expect(leases.find(id)).to.equal(prefix);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives workers none that the store does not know to be leased', () => {
    const leases = new Leases();
    leases.openShared();
    expect(leases.isShort).to.equal(true);
    expect(leases.ofWorker('rig')).to.equal(undefined);
    const record = leases.toRecord();
    leases.stored(record);
    expect(leases.isShort).to.equal(false);
    let count = 0;
    while (leases.ofWorker(`rig${count}`) !== undefined) count++;
    expect(leases.isShort).to.equal(true);
    expect(count + 1).to.equal(record.leased);
    // An earlier record counts for what it says; an older one that is written late changes nothing.
    leases.stored(record);
    expect(leases.isShort).to.equal(true);
    leases.stored({ ...record, leased: 1 });
    leases.stored(leases.toRecord());
    expect(leases.ofWorker('one more')).to.equal(count + 1);
  });

  it('asks to be stored before nobody can be given any more', () => {
    const leases = storedLeases();
    expect(leases.isLow).to.equal(false);
    let given = 0;
    while (!leases.isLow) leases.ofWorker(`rig${given++}`);
    expect(leases.isShort).to.equal(false);
    for (let i = 0; i < 100; i++) expect(leases.ofWorker(`more${i}`)).to.be.a('number');
  });

  it('keeps ground for threads, however many workers ask', () => {
    const leases = storedLeases();
    let workers = 0;
    for (let i = 0; i < 2 * PREFIXES; i++) {
      if (leases.isShort) leases.stored(leases.toRecord());
      if (leases.ofWorker(`rig${i}`) !== undefined) workers++;
    }
    // 1,024 are leased ahead to connections.
    expect(workers).to.equal(PREFIXES - 4096 - 1024 - 1);
    expect([leases.isShort, leases.isLow]).to.deep.equal([false, false]);
    expect(leases.ofWorker('rig7')).to.equal(leases.find('rig7')).and.to.be.a('number');
    const taken = new Set<number>();
    for (let prefix = leases.take(); prefix !== undefined; prefix = leases.take())
      taken.add(prefix);
    expect(taken.size).to.equal(4096);
    expect(Math.max(...taken)).to.equal(PREFIXES - 1024 - 1);
    expect(leases.take()).to.equal(undefined);
    expect(leases.toRecord().leased).to.equal(PREFIXES - 1024);
    expect(restarted(leases).take()).to.equal(undefined);
  });

  it('gives connections salts from the highest down, a job each, once the store knows of them', () => {
    const leases = new Leases();
    expect(leases.ofConnection(7)).to.equal(undefined);
    expect(leases.isShortFor(7)).to.equal(true);
    leases.stored(leases.toRecord());
    expect([7, 7, 8, 7].map((byte) => leases.ofConnection(byte))).to.deep.equal([
      0xff07, 0xfe07, 0xff08, 0xfd07,
    ]);
    expect(leases.isLow).to.equal(true);
    expect([leases.ofConnection(7), leases.ofConnection(7)]).to.deep.equal([0xfc07, undefined]);
    expect([leases.isShortFor(7), leases.isShortFor(8)]).to.deep.equal([true, false]);
    // A later process skips what was leased ahead.
    expect(restarted(leases).ofConnection(8)).to.equal(0xf708);
  });

  it('keeps ground for threads, however many jobs connections get', () => {
    const leases = storedLeases();
    let jobs = 0;
    for (;;) {
      while (leases.isShortFor(9)) leases.stored(leases.toRecord());
      if (leases.ofConnection(9) === undefined) break;
      jobs++;
    }
    expect(jobs).to.equal(256 - 16 - 2);
    expect(leases.isLow).to.equal(false);
    // Others have as many.
    let others = 0;
    while (leases.ofConnection(10) !== undefined) others++;
    expect(others).to.equal(jobs);
    let taken = 0;
    while (leases.take() !== undefined) taken++;
    expect(taken).to.be.at.least(4096);
  });

  it('has none to share when all are leased before that was opened', () => {
    const leases = new Leases({ leased: PREFIXES, salts: 0, workers: [] });
    leases.openShared();
    expect(leases.shared).to.equal(undefined);
    expect(leases.ofWorker('rig')).to.equal(undefined);
  });

  it('shares the same ground in later processes', () => {
    const leases = storedLeases();
    const { shared } = leases;
    expect(shared).to.be.a('number');
    leases.openShared();
    const later = restarted(leases);
    later.openShared();
    expect([leases.shared, later.shared]).to.deep.equal([shared, shared]);
  });

  it('gives a worker what an earlier process leased it, once a share shows that', () => {
    const leases = storedLeases();
    const prefix = leases.ofWorker('rig')!;
    const later = restarted(leases);
    expect(later.find('rig')).to.equal(undefined);
    later.prove('rig', prefix);
    expect(later.ofWorker('rig')).to.equal(prefix);
    expect(restarted(later).ofWorker('rig')).to.equal(prefix);
  });

  it('lets a share take over no ground: of another, shared, of this process, or in place of its own', () => {
    const leases = storedLeases();
    const [proven, mine] = [leases.ofWorker('proven')!, leases.ofWorker('rig')!];
    leases.prove('proven', proven);
    const later = restarted(leases);
    const search = later.take()!;
    for (const prefix of [proven, later.shared!, search, PREFIXES - 1]) {
      later.prove('rig', prefix);
      expect(later.find('rig'), String(prefix)).to.equal(undefined);
    }
    const own = later.ofWorker('rig')!;
    expect(own).not.to.equal(mine);
    later.prove('rig', mine);
    expect(later.find('rig')).to.equal(own);
    expect(later.find('proven')).to.equal(proven);
  });

  it('leases none again that a record gives a worker, though it says that none is leased', () => {
    const leases = new Leases({ leased: 1, salts: 0, workers: [['rig', 1]] });
    expect(leases.find('rig')).to.equal(undefined);
    expect(leases.take()).to.equal(1);
  });

  it('remembers so many workers that a record stays small', () => {
    const leases = storedLeases();
    for (let i = 0; i < 5000; i++) {
      if (leases.isShort) leases.stored(leases.toRecord());
      leases.prove(`rig${i}`, leases.ofWorker(`rig${i}`)!);
    }
    expect(leases.toRecord().workers.length).to.be.within(1000, 1024);
    expect(restarted(leases).find('rig0')).to.equal(leases.find('rig0'));
  });
});
