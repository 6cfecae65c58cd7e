import { expect } from 'chai';
import fc from 'fast-check';
import { expectedHashes } from '../../src/bitcoin/target';
import { FLOOR } from '../../src/consensus';
import { Round } from '../../src/rounds/round';
import { Jobs } from '../../src/workers/jobs';
import { MAX_WORKERS, Workers } from '../../src/workers/workers';
import { BITCOIN_ORIGIN, segmentAt } from '../fixtures/segments';
import { identity, seed } from '../fixtures/template';

const SEGMENTS = 3;

/** A round mined on the last of three segments, with its leases stored. */
function minedRound(number = 7): Round {
  // Every round has a seed of its own.
  const ofRound = Buffer.concat([seed.subarray(1), Buffer.of(number)]);
  const round = Round.begin(identity, number, ofRound, BITCOIN_ORIGIN);
  for (let i = 0; i < SEGMENTS; i++) round.workOn(round.addSegment(segmentAt(100 + i)));
  round.leases.openShared();
  round.leases.stored(round.leases.toRecord());
  return round;
}

/** The round as a later process restores it. */
function restarted(round: Round): Round {
  const record: unknown = JSON.parse(JSON.stringify(round.toRecord()));
  const later = Round.restore(identity, record as ReturnType<Round['toRecord']>)!;
  later.leases.stored(later.leases.toRecord());
  return later;
}

/** Any target that may be wanted: near the floor or much harder. */
const target = fc
  .tuple(fc.bigInt({ min: 0n, max: FLOOR }), fc.integer({ min: 0, max: 230 }))
  .map(([value, bits]) => value >> BigInt(bits));
const segment = fc.nat(SEGMENTS - 1);
const worker = fc.option(fc.constantFrom('rig1', 'rig2', 'rig3'), { nil: undefined });

describe('Jobs', () => {
  let nowMs: number;
  let workers: Workers;
  let jobs: Jobs;
  beforeEach(() => {
    nowMs = 0;
    workers = new Workers(() => nowMs);
    jobs = new Jobs(workers);
  });

  it('knows every job again by its id, in a later process too', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(worker, segment, target)), (asked) => {
        const round = minedRound();
        for (const [id, segment, wanted] of asked) {
          round.workOn(segment);
          const job = jobs.handOut(round, id, wanted)!;
          expect(job).to.include({ round: 7, segment, template: round.templates[segment] });
          expect(job.id).to.match(/^[0-9a-f]{20}$/);
          expect(jobs.find(round, job.id)).to.deep.equal(job);
          const later = restarted(round);
          expect(new Jobs(new Workers()).find(later, job.id)).to.deep.equal(job);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('leaves out nothing that was wanted, and next to nothing more is sent', () => {
    const round = minedRound();
    fc.assert(
      fc.property(target, (wanted) => {
        const { target, id } = jobs.shown(round, wanted)!;
        expect(target >= wanted && target <= FLOOR).to.equal(true);
        // The mantissa has three bytes; the lowest is rounded up.
        expect((target + 1n) * 32_768n <= (wanted + 1n) * 32_769n + 32_768n).to.equal(true);
        expect(jobs.find(round, id)!.target).to.equal(target);
      }),
      { numRuns: 1000 },
    );
    expect(jobs.shown(round, FLOOR)!.target).to.equal(FLOOR);
    expect(jobs.shown(round, 0n)!.target).to.equal(0n);
  });

  it('leaves out nothing that may enter the proof, however a worker is asked over the round', () => {
    fc.assert(
      fc.property(fc.array(target, { minLength: 1, maxLength: 20 }), (neededTargets) => {
        const { number, templates, current, leases } = minedRound();
        // On one segment it only falls.
        for (const neededTarget of neededTargets.sort((a, b) => (a < b ? 1 : -1))) {
          const round = { number, templates, current, leases, neededTarget };
          expect(jobs.handOut(round, 'rig1', neededTarget)!.target >= neededTarget).to.equal(true);
        }
      }),
    );
  });

  it('calls another segment, another ground and another target another job, and the same the same', () => {
    const round = minedRound();
    const first = jobs.handOut(round, 'rig1', FLOOR)!;
    expect(jobs.handOut(round, 'rig1', FLOOR)).to.deep.equal(first);
    const others = [jobs.handOut(round, 'rig2', FLOOR)!, jobs.handOut(round, undefined, FLOOR)!];
    others.push(jobs.shown(round, FLOOR / 2n)!);
    round.workOn(0);
    others.push(jobs.handOut(round, 'rig1', FLOOR)!);
    others.push(jobs.shown(minedRound(8), FLOOR)!);
    const ids = [first, ...others].map(({ id }) => id);
    expect(new Set(ids).size).to.equal(6);
    round.workOn(2);
    expect(jobs.handOut(round, 'rig1', FLOOR)).to.deep.equal(first);
    expect(jobs.find(minedRound(8), first.id)).to.equal(undefined);
  });

  it('keeps the job of a worker while its target would be about the same', () => {
    const round = minedRound();
    const { id } = jobs.handOut(round, undefined, FLOOR / 2n)!;
    expect(jobs.handOut(round, undefined, (FLOOR / 200n) * 99n)!.id).to.equal(id);
    expect(jobs.handOut(round, undefined, FLOOR / 3n)!.id).not.to.equal(id);
  });

  it('knows no job that was not handed out', () => {
    const round = minedRound();
    const { id, prefix } = jobs.handOut(round, 'rig1', FLOOR)!;
    const [tag, ground, bits] = [id.slice(0, 8), id.slice(8, 12), id.slice(12)];
    expect(jobs.find(round, id)!.prefix).to.equal(prefix);
    for (const [what, other] of [
      ['nothing', ''],
      ['upper case', id.toUpperCase().replace(/^\d+$/, 'A')],
      ['too short', id.slice(1)],
      ['too long', `${id}0`],
      ['a line more', `${id}\n`],
      ['another template', `00000000${ground}${bits}`],
      ['ground that is not leased', `${tag}ffff${bits}`],
      ['a target above the floor', `${tag}${ground}1e400001`],
      ['a target far above it', `${tag}${ground}207fffff`],
      ['a target that overflows', `${tag}${ground}ff7fffff`],
      ['a negative target', `${tag}${ground}1e800001`],
      ['no hashes', `${tag}${ground}00000000`],
      ['the floor written otherwise', `${tag}${ground}1f004000`],
    ] as const) {
      expect(jobs.find(round, other), what).to.equal(undefined);
    }
    expect(bits).to.equal('1e400000');
  });

  it('knows no job by whatever is written in the place of an id', () => {
    const round = minedRound();
    const { id } = jobs.handOut(round, 'rig1', FLOOR)!;
    const digits = fc.array(fc.constantFrom(...'0123456789abcdef'), {
      minLength: 8,
      maxLength: 8,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          digits.map((some) => id.slice(0, 12) + some.join('')),
        ),
        (text) => {
          const job = jobs.find(round, text);
          if (!job) return;
          expect(job.id).to.equal(text);
          expect(job.target >= 0n && job.target <= FLOOR).to.equal(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('has none before there is a segment', () => {
    const round = Round.begin(identity, 7, seed, BITCOIN_ORIGIN);
    round.leases.openShared();
    expect(jobs.handOut(round, 'rig1', FLOOR)).to.equal(undefined);
    expect(jobs.shown(round, FLOOR)).to.equal(undefined);
    expect(jobs.newestOf(round, 'rig1')).to.equal(undefined);
  });

  it('gives each worker ground of its own, and who has no name or finds no room shared ground', () => {
    const round = minedRound();
    const { shared } = round.leases;
    const prefixes = ['rig1', 'rig2'].map((id) => jobs.handOut(round, id, FLOOR)!.prefix);
    expect(new Set([...prefixes, shared]).size).to.equal(3);
    expect(jobs.handOut(round, undefined, FLOOR)!.prefix).to.equal(shared);
    for (let i = 0; i < MAX_WORKERS; i++) workers.prove(`busy${i}`);
    expect(jobs.handOut(round, 'one more', FLOOR / 9n)).to.include({ prefix: shared });
    nowMs = 700_000;
    expect(jobs.handOut(round, 'one more', FLOOR)!.prefix).not.to.equal(shared);
  });

  describe('of a share that names none', () => {
    it('is the newest that was handed to its worker, whichever segment is mined on since, at its easiest target', () => {
      const round = minedRound();
      round.workOn(1);
      const { prefix } = jobs.handOut(round, 'rig1', FLOOR)!;
      workers.find('rig1')!.handed.handOut(7, 1, FLOOR / 100n);
      round.workOn(2);
      expect(jobs.newestOf(round, 'rig1')).to.include({ segment: 1, prefix, target: FLOOR });
      jobs.handOut(round, 'rig1', FLOOR);
      expect(jobs.newestOf(round, 'rig1')).to.include({ segment: 2, prefix, target: FLOOR });
    });

    it('is that of those without a name for an id never seen', () => {
      const round = minedRound();
      const { id } = jobs.handOut(round, undefined, FLOOR / 4n)!;
      expect(jobs.newestOf(round, 'never seen')!.id).to.equal(id);
      expect(jobs.newestOf(minedRound(8), 'never seen')!.target).to.equal(FLOOR);
    });

    it('is on the ground of a worker that lost its place, at the floor', () => {
      const round = minedRound();
      const { prefix } = jobs.handOut(round, 'rig1', FLOOR)!;
      workers.find('rig1')!.handed.handOut(7, 2, FLOOR / 100n);
      for (let i = 0; i < MAX_WORKERS; i++) workers.register(`flood${i}`);
      expect(workers.find('rig1')).to.equal(undefined);
      expect(jobs.newestOf(round, 'rig1')).to.include({ segment: 2, prefix, target: FLOOR });
    });

    it('is on the ground of a worker that had a share accepted, also after a restart', () => {
      const round = minedRound();
      const job = jobs.handOut(round, 'rig1', FLOOR)!;
      jobs.handOut(round, 'rig2', FLOOR);
      jobs.accepted(round, 'rig1', job, 1n);
      const later = restarted(round);
      later.workOn(2);
      const anew = new Jobs(new Workers());
      expect(anew.newestOf(later, 'rig1')).to.include({ prefix: job.prefix, target: FLOOR });
      expect(anew.newestOf(later, 'rig2')!.prefix).to.equal(later.leases.shared);
      expect(anew.handOut(later, 'rig1', FLOOR)!.prefix).to.equal(job.prefix);
    });
  });

  it('counts a share for whose ground it was found on', () => {
    const round = minedRound();
    for (const id of ['rig1', 'rig2', undefined]) jobs.handOut(round, id, FLOOR);
    const found = (id: string, by: string): void =>
      jobs.accepted(round, id, jobs.newestOf(round, by)!, 1n);
    found('rig1', 'rig1');
    found('rig1', 'rig1');
    // On another worker's ground, and on the ground of those without an id.
    found('rig1', 'rig2');
    found('stranger', 'stranger');
    nowMs = 10_000;
    const rateOf = (shares: number): number => (shares * Number(expectedHashes(FLOOR))) / 10;
    expect(workers.find('rig1')!.hashrateHps).to.be.closeTo(rateOf(2), 1);
    expect(workers.find('rig2')!.hashrateHps).to.equal(0);
    expect(workers.shared.hashrateHps).to.be.closeTo(rateOf(2), 1);
    expect(workers.find('stranger')).to.equal(undefined);
  });
});
