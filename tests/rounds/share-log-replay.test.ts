import { expect } from 'chai';
import { displayHash } from '../../src/bitcoin/target';
import { createLog } from '../../src/process/log';
import { shareOf } from '../../src/proof/shares';
import type { Round } from '../../src/rounds/round';
import { ShareLog } from '../../src/rounds/share-log';
import { MemoryStore } from '../fixtures/memory-store';
import { openShareDoor } from '../fixtures/share-door';
import {
  attempts,
  begunRound,
  identity,
  judgedShare as share,
  shares as mined,
  template,
  vector,
} from './vector';

describe('the share log that a round is restored by', () => {
  let store: MemoryStore;
  beforeEach(() => (store = new MemoryStore()));
  const open = (): Promise<ShareLog> => ShareLog.open(store, createLog('silent'));
  /** A round as a later process restores it from its record and the log. */
  const restored = async (round: Round): Promise<Round> =>
    (await openShareDoor(store, identity)).intake.restore(round.toRecord())!;

  it('gives no share the place of one that a round has counted, though its batch was lost', async () => {
    const shares = await open();
    for (let i = 0; i < 5; i++) shares.note(share(i));
    const saved = begunRound();
    for (let i = 0; i < 5; i++) saved.admit(mined[i]!);
    saved.setCountedUntil(shares.lastPlace);
    // Killed before the flush.
    const after = await open();
    after.goOnAbove(saved.countedUntil);
    await after.keep(share(5));
    const { validShares, shares: kept } = await restored(saved);
    expect([validShares, kept.length]).to.deep.equal([6, 6]);
  });

  it('brings a round up to date that was saved before its last shares came', async () => {
    const shares = await open();
    const saved = begunRound();
    const keep = async (i: number): Promise<void> => {
      saved.admit(mined[i]!);
      await shares.keep(share(i));
    };
    for (let i = 0; i < 10; i++) await keep(i);
    saved.setCountedUntil(shares.lastPlace);
    const before = saved.toRecord();
    for (let i = 10; i < 28; i++) await keep(i);
    await shares.keep(share(0, { submissionId: 'bad', reason: 'above_target' }));
    // Started twice on the same record, without saving in between.
    for (let starts = 0; starts < 2; starts++) {
      const round = (await openShareDoor(store, identity)).intake.restore(before)!;
      expect(round.proof()).to.equal(vector.proof);
      expect([round.validShares, round.invalidShares]).to.deep.equal([28, 1]);
    }
  });

  it('keeps the seconds by which the time of a share was rolled', async () => {
    const rolled = { ...attempts[0]!, timeOffset: 255 };
    const hash = displayHash(shareOf(template, rolled).hashValue);
    await (await open()).keep(share(0, { attempt: rolled, hash }));
    expect((await restored(begunRound())).validShares).to.equal(1);
  });

  it('keeps the segment of a share', async () => {
    const shares = await open();
    await shares.keep(share(0, { segment: 3 }));
    const { round, workerId, hash } = share(1);
    await shares.keep({
      round,
      workerId,
      hash,
      submissionId: 'rig1-1',
      best: false,
      reason: 'wrong_height',
    });
    const [refused, found] = (await open()).recent(2);
    expect(found).to.deep.include({ segment: 3, attempt: attempts[0] });
    expect(refused).not.to.have.any.keys('segment', 'attempt');
    // The round has no such segment.
    expect((await restored(begunRound())).validShares).to.equal(0);
  });

  it('takes no logged share into a round with another seed', async () => {
    const shares = await open();
    await shares.keep(share(0));
    const other = await restored(begunRound(Buffer.alloc(32, 9)));
    expect([other.shares.length, other.validShares]).to.deep.equal([0, 0]);
  });
});
