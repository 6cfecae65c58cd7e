import { expect } from 'chai';
import fc from 'fast-check';
import { displayHash, reversedHashValue } from '../../src/bitcoin/target';
import { FLOOR, K, WORK_SOURCE } from '../../src/consensus';
import type { Share } from '../../src/proof/shares';
import { verifyProof } from '../../src/proof/verify';
import { Round } from '../../src/rounds/round';
import { LOCAL_WORKER } from '../../src/rounds/share-batches';
import type { FoundShare, ShareKeeper, ShareOutcome } from '../../src/rounds/share-intake';
import { identityOf } from '../../src/work/identity';
import type { Job } from '../../src/workers/jobs';
import { MemoryStore } from '../fixtures/memory-store';
import { BITCOIN_ORIGIN, mineOn, segmentAt } from '../fixtures/segments';
import { openShareDoor, type ShareDoor } from '../fixtures/share-door';
import { identity, seed } from '../fixtures/template';

const ROUND = 5;
const SEGMENTS = [segmentAt(900_000), segmentAt(900_001), segmentAt(900_001, 9)];
const WORKERS = [LOCAL_WORKER, 'rig1', 'rig2'];

interface Process extends ShareDoor {
  round: Round;
  /** Number of shares that were among the best. */
  entered: number;
}

/** Saves a round as the miner does, or as far as a killed one gets. */
async function save(
  { round, rounds, shares }: Process,
  isKilledBeforeFlush = false,
): Promise<void> {
  round.setCountedUntil(shares.lastPlace);
  await rounds.save(round);
  if (!isKilledBeforeFlush) await shares.flush();
}

/** Saves nothing: the tests do. */
const quietKeeper: ShareKeeper = {
  saveSoon: () => undefined,
  save: () => Promise.resolve(),
  store: () => Promise.resolve(),
};

function storedOf(outcome: ShareOutcome): Promise<void> | undefined {
  if (outcome.outcome !== 'accepted') throw new Error(outcome.outcome);
  return outcome.stored;
}

describe('ShareIntake', () => {
  let store: MemoryStore;
  let node: Process;
  let ids = 0;

  /** A process that begins the round or goes on with it. */
  const start = async (): Promise<Process> => {
    const door = await openShareDoor(store);
    const round =
      (await door.rounds.load(ROUND)) ?? Round.begin(identity, ROUND, seed, BITCOIN_ORIGIN);
    if (round.segments.length === 0) {
      for (const segment of SEGMENTS) round.addSegment(segment);
      expect([round.leases.take(), (round.leases.openShared(), round.leases.shared)]).to.deep.equal(
        [0, 1],
      );
    }
    round.workOn(2);
    const begun: Process = { ...door, round, entered: 0 };
    await save(begun);
    door.intake.open(round, quietKeeper, () => {
      begun.entered++;
    });
    return begun;
  };

  /** The job that a share was found on. */
  const jobOf = ({ segment, prefix }: Share, { round }: Process, target = FLOOR): Job => ({
    round: ROUND,
    segment,
    template: round.templates[segment]!,
    prefix,
    target,
  });
  const take = (share: Share, of: Process, more: Partial<FoundShare> = {}): ShareOutcome =>
    of.intake.take({
      job: jobOf(share, of),
      attempt: share,
      workerId: WORKERS[share.prefix]!,
      submissionId: `id-${ids++}`,
      storeFirst: WORKERS[share.prefix] === LOCAL_WORKER ? 'none' : 'all',
      ...more,
    });
  const counts = ({ round, shares }: Process): number[] => {
    const { valid, invalid } = shares.statistics;
    return [round.validShares, round.invalidShares, valid, invalid, shares.recent(500).length];
  };

  /** Real shares of each segment, on the threads' ground and on each worker's. */
  let mined: Share[];
  before(() => {
    const { templates } = [...SEGMENTS].reduce(
      (round, segment) => (round.addSegment(segment), round),
      Round.begin(identity, ROUND, seed, BITCOIN_ORIGIN),
    );
    // Here the prefix tells the worker.
    mined = templates.flatMap((template, segment) =>
      WORKERS.flatMap((_, prefix) => mineOn(template!, 4, { prefix, segment })),
    );
  });
  const first = (prefix: number, segment = 0): Share =>
    mined.find((share) => share.prefix === prefix && share.segment === segment)!;

  beforeEach(async () => {
    store = new MemoryStore();
    node = await start();
  });

  it('hashes each share on the template of its own segment, whichever is mined on', () => {
    for (const share of mined) {
      expect(take(share, node)).to.deep.include({ outcome: 'accepted', share });
    }
    const of = { taskId: identity.taskId, round: ROUND, seed };
    expect(verifyProof(node.round.proof()!, identity.submitter, of)).to.include({ valid: true });
    expect(counts(node)).to.deep.equal([mined.length, 0, mined.length, 0, mined.length]);
  });

  it('takes a share on no other segment, ground or round than its own', () => {
    const share = first(0);
    const { hashValue } = share;
    const other = { ...share, segment: 1 };
    const at = (changed: Share): Partial<FoundShare> => ({
      job: jobOf(changed, node),
      attempt: changed,
    });
    for (const changed of [other, { ...share, prefix: 7 }]) {
      expect(take(share, node, { ...at(changed), claimedHash: hashValue })).to.include({
        outcome: 'rejected',
        reason: 'wrong_hash',
        isReversed: false,
      });
      expect(take(share, node, at(changed))).to.include({
        outcome: 'rejected',
        reason: 'above_target',
      });
    }
    expect(take(share, node, { job: { ...jobOf(share, node), round: ROUND + 1 } })).to.deep.equal({
      outcome: 'conflict',
      reason: 'round_over',
    });
    expect(counts(node)).to.deep.equal([0, 4, 0, 4, 4]);
    expect(node.round.shares).to.deep.equal([]);
  });

  it('tells and logs once what became of a share, and why', () => {
    const share = first(1);
    const { hashValue } = share;
    const logged = () => node.shares.recent(1)[0];
    expect(take(share, node, { claimedHash: reversedHashValue(hashValue) })).to.include({
      reason: 'wrong_hash',
      isReversed: true,
    });
    expect(logged()).to.include({
      reason: 'wrong_hash',
      hash: displayHash(reversedHashValue(hashValue)),
    });
    expect(logged()).not.to.have.any.keys('attempt', 'segment');

    expect(take(share, node, { job: jobOf(share, node, hashValue - 1n) })).to.include({
      reason: 'above_target',
    });
    expect(logged()).to.include({
      reason: 'above_target',
      hash: displayHash(hashValue),
      segment: 0,
    });

    expect(
      take(share, node, { claimedHash: hashValue, job: jobOf(share, node, hashValue) }),
    ).to.include({
      outcome: 'accepted',
      best: true,
    });
    expect(logged()).to.deep.include({
      round: ROUND,
      workerId: 'rig1',
      submissionId: `id-${ids - 1}`,
      best: true,
      hash: displayHash(hashValue),
      attempt: share,
      segment: share.segment,
    });
    expect(counts(node)).to.deep.equal([1, 2, 1, 2, 3]);
    expect(node.entered).to.equal(1);
  });

  it('counts a share once, whoever finds it again, and knows it after a restart', async () => {
    const share = first(0, 1);
    expect(take(share, node)).to.include({ outcome: 'accepted' });
    const again = { outcome: 'conflict', reason: 'duplicate_share' };
    expect(take(share, node)).to.deep.equal(again);
    expect(take(share, node, { workerId: 'rig2', claimedHash: share.hashValue })).to.deep.equal(
      again,
    );
    expect(counts(node)).to.deep.equal([1, 0, 1, 0, 1]);
    await save(node);
    const later = await start();
    expect(take(share, later, { workerId: 'rig2' })).to.deep.equal(again);
    expect(counts(later)).to.deep.equal([1, 0, 1, 0, 1]);
    const { hashValue } = share;
    expect(later.intake.earlier(ROUND, hashValue, share)).to.include({
      workerId: LOCAL_WORKER,
      best: true,
    });
    expect(later.intake.earlier(ROUND, hashValue, { ...share, nonce: 1 })).to.equal(undefined);
    expect(later.intake.earlier(ROUND + 1, hashValue, share)).to.equal(undefined);
  });

  it('knows shares again that are no longer among the best', () => {
    const sorted = [...mined].sort((a, b) => (a.hashValue < b.hashValue ? -1 : 1));
    for (const share of sorted) take(share, node);
    const last = sorted[sorted.length - 1]!;
    expect(node.round.shares).not.to.include(last);
    expect(take(last, node)).to.include({ reason: 'duplicate_share' });
    expect(counts(node)[0]).to.equal(mined.length);
  });

  it('takes none between rounds', () => {
    // Closing another round does not close the open one.
    node.intake.close(Round.begin(identity, ROUND, seed));
    expect(take(first(1), node)).to.include({ outcome: 'accepted' });
    node.intake.close(node.round);
    expect(take(first(0), node)).to.include({ outcome: 'conflict', reason: 'round_over' });
    expect(counts(node)).to.deep.equal([1, 0, 1, 0, 1]);
  });

  it('says when a share of a remote worker is stored, and when it could not be', async () => {
    const outcome = take(first(1), node);
    if (outcome.outcome !== 'accepted') throw new Error(outcome.outcome);
    await outcome.stored;
    expect((await start()).round.shares).to.have.length(1);
    store.broken = true;
    const lost = take(first(2), node);
    if (lost.outcome !== 'accepted') throw new Error(lost.outcome);
    expect(await lost.stored?.catch((error: unknown) => error)).to.be.instanceOf(Error);
    // Nobody waits for the store with the threads' own shares.
    const own = take(first(0), node);
    if (own.outcome !== 'accepted') throw new Error(own.outcome);
    expect(own.stored).to.equal(undefined);
    expect(node.round.shares).to.have.length(3);
  });

  it('stores a share first that may enter the proof once a kill has lost those that keep it out', async () => {
    const attempt = { prefix: 1, extranonce2: 0, versionBits: 0, timeOffset: 0, nonce: 0 };
    for (let i = 0; i < K[WORK_SOURCE.bitcoin]; i++) {
      node.round.admit({ ...attempt, segment: 0, hashValue: BigInt(i) });
    }
    expect(storedOf(take(first(1), node, { storeFirst: 'entering' }))).to.be.instanceOf(Promise);
    await save(node);
    expect(storedOf(take(first(2), node, { storeFirst: 'entering' }))).to.equal(undefined);
  });

  it('has every share that is in the store after a kill at any time, on its segment, and counts it once', () => {
    const after = fc.constantFrom(
      'nothing',
      'killed',
      'saved',
      'saved, then killed',
      'killed before the flush',
    );
    const step = fc.record({ after, isForged: fc.boolean(), isRepeated: fc.boolean() });
    return fc.assert(
      fc.asyncProperty(
        fc
          .shuffledSubarray(mined, { minLength: 1 })
          .chain((shares) =>
            fc.tuple(
              fc.constant(shares),
              fc.array(step, { minLength: shares.length, maxLength: shares.length }),
            ),
          ),
        async ([shares, steps]) => {
          store = new MemoryStore();
          node = await start();
          /** Shares that are stored, and those that a kill would lose. */
          let [kept, pending]: [Share[], Share[]] = [[], []];
          let [invalid, pendingInvalid] = [0, 0];
          for (const [i, { after, isForged, isRepeated }] of steps.entries()) {
            const share = shares[i]!;
            if (isForged) {
              expect(take(share, node, { claimedHash: 1n })).to.include({ outcome: 'rejected' });
              pendingInvalid++;
            }
            const outcome = take(share, node);
            if (outcome.outcome !== 'accepted') throw new Error(outcome.reason);
            await outcome.stored;
            pending.push(share);
            if (isRepeated) expect(take(share, node)).to.include({ reason: 'duplicate_share' });
            if (share.prefix > 0 || after.startsWith('saved') || after.includes('flush')) {
              // The threads' shares are written with the next share that somebody waits for.
              [kept, pending] = [[...kept, ...pending], []];
            }
            if (after.startsWith('saved') || after.includes('flush')) {
              await save(node, after.includes('flush'));
              [invalid, pendingInvalid] = [invalid + pendingInvalid, 0];
            }
            if (!after.includes('killed')) continue;
            [pending, pendingInvalid] = [[], 0];
            node = await start();
            const unkilled = Round.begin(identity, ROUND, seed, BITCOIN_ORIGIN);
            for (const segment of SEGMENTS) unkilled.addSegment(segment);
            for (const share of kept) unkilled.admit(share);
            const { round } = node;
            expect(round.proof()).to.equal(unkilled.proof());
            expect([round.validShares, round.invalidShares]).to.deep.equal([kept.length, invalid]);
            const segments = round.toRecord().segments.map(({ shares }) => shares);
            expect(segments).to.deep.equal(
              unkilled.toRecord().segments.map(({ shares }) => shares),
            );
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('gives a worker its ground back by the shares of the log', async () => {
    const job = node.jobs.handOut(node.round, 'rig1', FLOOR)!;
    expect(node.jobs.handOut(node.round, 'rig2', FLOOR)!.prefix).to.equal(job.prefix + 1);
    const [share] = mineOn(job.template, 1, { prefix: job.prefix, segment: job.segment });
    const outcome = take(share!, node, { job, workerId: 'rig1' });
    if (outcome.outcome !== 'accepted') throw new Error(outcome.outcome);
    await outcome.stored;
    // Killed before the round was saved.
    const later = await start();
    expect(later.round.leases.find('rig1')).to.equal(job.prefix);
    expect(later.round.leases.find('rig2')).to.equal(undefined);
    expect(later.jobs.find(later.round, job.id)).to.include({
      prefix: job.prefix,
      segment: job.segment,
    });
    expect(later.jobs.handOut(later.round, 'rig1', FLOOR)!.prefix).to.equal(job.prefix);
  });

  it('makes no round of a record for another account', async () => {
    const record = node.round.toRecord();
    const other = identityOf(identity.taskId, Buffer.alloc(32, 9));
    const { intake } = await openShareDoor(store, other);
    expect(intake.restore(record)).to.equal(undefined);
  });
});
