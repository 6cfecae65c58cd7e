import { expect } from 'chai';
import fc from 'fast-check';
import { Leases, type LeaseRecord } from '../../src/workers/leases';

const PREFIXES = 2 ** 16;
const BYTES = [0, 9, 255];

/** As the round is stored. */
function store(leases: Leases): LeaseRecord {
  const record = JSON.parse(JSON.stringify(leases.toRecord())) as LeaseRecord;
  leases.stored(record);
  return record;
}

describe('what is left of the ground of a round', () => {
  const step = fc.oneof(
    fc.record({ does: fc.constant('threads' as const), count: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ does: fc.constant('workers' as const), count: fc.integer({ min: 1, max: 9000 }) }),
    fc.record({
      does: fc.constant('connections' as const),
      count: fc.integer({ min: 1, max: 60 }),
      secondByte: fc.constantFrom(...BYTES),
    }),
    fc.constant({ does: 'save' as const }),
    fc.constant({ does: 'restart' as const }),
  );

  it('is told as it is, given to one holder each, and enough for the threads, whoever asks in whatever order', () => {
    let ids = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let leases = new Leases();
        let inStore: LeaseRecord | undefined;
        let [restarts, taken] = [0, 0];
        const given = new Uint8Array(PREFIXES);
        const hold = (prefix: number): void => {
          // Plain, since it is called a million times.
          if (given[prefix] !== 0) throw new Error(`prefix ${prefix} is given twice`);
          given[prefix] = 1;
        };
        /** What the leases tell must hold when they are asked and when the round is stored. */
        const check = (): void => {
          const id = `rig${ids++}`;
          if (leases.isShort) {
            expect(leases.ofWorker(id)).to.equal(undefined);
            inStore = store(leases);
            expect(leases.isShort).to.equal(false);
          }
          for (const byte of BYTES) {
            if (!leases.isShortFor(byte)) continue;
            expect(leases.ofConnection(byte)).to.equal(undefined);
            inStore = store(leases);
            expect(leases.isShortFor(byte)).to.equal(false);
            const prefix = leases.ofConnection(byte)!;
            expect(prefix & 0xff).to.equal(byte);
            hold(prefix);
          }
          if (!leases.isLow) return;
          inStore = store(leases);
          // It is stored once for that.
          expect(leases.isLow).to.equal(false);
        };
        for (const each of steps) {
          if (each.does === 'threads') {
            for (let i = 0; i < each.count; i++) {
              const prefix = leases.take();
              if (prefix === undefined) break;
              // As the miner does before it searches.
              inStore = store(leases);
              hold(prefix);
              taken++;
            }
          } else if (each.does === 'workers') {
            for (let i = 0; i < each.count; i++) {
              const prefix = leases.ofWorker(`rig${ids++}`);
              if (prefix !== undefined) hold(prefix);
              else if (leases.isShort) inStore = store(leases);
              else break;
            }
          } else if (each.does === 'connections') {
            for (let i = 0; i < each.count; i++) {
              const prefix = leases.ofConnection(each.secondByte);
              if (prefix !== undefined) hold(prefix);
              else if (leases.isShortFor(each.secondByte)) inStore = store(leases);
              else break;
            }
          } else if (each.does === 'save') {
            inStore = store(leases);
          } else {
            leases = new Leases(inStore);
            if (inStore) restarts++;
          }
          check();
        }
        for (let prefix = leases.take(); prefix !== undefined; prefix = leases.take()) {
          hold(prefix);
          taken++;
        }
        // Each restart skips what was leased ahead.
        expect(taken).to.be.at.least(4096 - 256 * restarts);
      }),
      { numRuns: 60 },
    );
  });

  it('is that of the threads in a round of an earlier version, which knew no connections', () => {
    // A record that has no salts is read as one with 0.
    const leases = new Leases({ leased: 3000, salts: 0, workers: [['rig1', 12]] });
    expect(leases.ofConnection(9)).to.equal(undefined);
    store(leases);
    expect(leases.ofConnection(9)).to.equal(0xff09);
    expect(leases.find('rig1')).to.equal(12);
    for (const leased of [PREFIXES, PREFIXES - 100, PREFIXES - 4096]) {
      const full = new Leases({ leased, salts: 0, workers: [] });
      expect([full.isShort, full.isLow, full.isShortFor(9)]).to.deep.equal([false, false, false]);
      store(full);
      // Any prefix may be a thread's.
      expect(full.ofConnection(9)).to.equal(undefined);
      expect(store(full).salts).to.equal(0);
      expect(full.take()).to.equal(leased < PREFIXES ? leased : undefined);
    }
  });

  it('is none where a record that is garbage gives it to both', () => {
    for (const record of [
      { leased: PREFIXES, salts: 256, workers: [] },
      { leased: 60_000, salts: 200, workers: [] },
    ]) {
      const leases = new Leases(record);
      store(leases);
      expect([leases.take(), leases.ofWorker('rig'), leases.ofConnection(9)]).to.deep.equal([
        undefined,
        undefined,
        undefined,
      ]);
      expect([leases.isShort, leases.isShortFor(9)]).to.deep.equal([false, false]);
    }
  });
});
