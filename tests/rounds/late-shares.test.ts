import { expect } from 'chai';
import { FLOOR } from '../../src/consensus';
import type { Share } from '../../src/proof/shares';
import { Round } from '../../src/rounds/round';
import { RoundKeeper } from '../../src/rounds/round-keeper';
import type { FoundShare, ShareOutcome } from '../../src/rounds/share-intake';
import { createLog } from '../../src/process/log';
import { koiiSegment } from '../../src/work/coinbases';
import { MemoryStore } from '../fixtures/memory-store';
import { mineOn } from '../fixtures/segments';
import { openShareDoor, type ShareDoor } from '../fixtures/share-door';
import { identity, seed } from '../fixtures/template';

const ROUND_OVER = { outcome: 'conflict', reason: 'round_over' };

describe('late shares', () => {
  let store: MemoryStore;
  let door: ShareDoor;
  let keeper: RoundKeeper;
  /** Numbers of the rounds of which a share was among the best, in the order in which they came. */
  let entered: number[];
  beforeEach(async () => {
    store = new MemoryStore();
    await restart();
  });
  const restart = async (): Promise<void> => {
    door = await openShareDoor(store);
    keeper = new RoundKeeper({
      store: door.rounds,
      shares: door.shares,
      log: createLog('silent'),
    });
    entered = [];
  };
  /** Begins a round as the miner does. */
  const open = async (number: number, withSeed: Buffer = seed): Promise<Round> => {
    const round = Round.begin(identity, number, withSeed);
    const of = { taskId: identity.taskId, round: number, seed: withSeed };
    round.workOn(round.addSegment(koiiSegment(of)));
    await keeper.save(round);
    door.intake.open(round, keeper, () => entered.push(number));
    return round;
  };
  const sharesOf = (round: Round, count = 1): Share[] => mineOn(round.templates[0]!, count);
  const take = (round: Round, share: Share, more: Partial<FoundShare> = {}): ShareOutcome =>
    door.intake.take({
      job: {
        round: round.number,
        segment: 0,
        template: round.templates[0]!,
        prefix: 0,
        target: FLOOR,
      },
      attempt: share,
      workerId: 'rig1',
      submissionId: String(share.nonce),
      storeFirst: 'none',
      ...more,
    });

  it('are taken of a round until it is closed, also while the next is mined', async () => {
    const first = await open(5);
    const [a, b, c] = sharesOf(first, 3);
    expect(take(first, a!)).to.include({ outcome: 'accepted' });
    const second = await open(6);
    expect(take(first, b!)).to.include({ outcome: 'accepted' });
    const [d, e] = sharesOf(second, 2);
    expect(take(second, d!)).to.include({ outcome: 'accepted' });
    expect(entered).to.deep.equal([5, 5, 6]);
    expect(door.intake.openRound(5)).to.equal(first);
    first.close();
    door.intake.close(first);
    expect(take(first, c!)).to.deep.equal(ROUND_OVER);
    expect(take(second, e!)).to.include({ outcome: 'accepted' });
    expect(first.shares).to.have.deep.members([a, b]);
    expect([first.validShares, second.validShares]).to.deep.equal([2, 2]);
    expect(door.intake.openRound(5)).to.equal(undefined);
  });

  it('are no longer taken once two newer rounds were begun', async () => {
    const [first, second] = [await open(5), await open(6)];
    await open(7);
    expect(take(first, sharesOf(first)[0]!)).to.deep.equal(ROUND_OVER);
    expect(take(second, sharesOf(second)[0]!)).to.include({ outcome: 'accepted' });
  });

  it('are in the store when their round gives way to two newer ones', async () => {
    const first = await open(5);
    await open(6);
    const [late] = sharesOf(first);
    take(first, late!);
    await open(7);
    await keeper.save(Round.begin(identity, 7, seed));
    // Read by whoever closes it now, and by a later process.
    for (let process = 0; process < 2; process++) {
      const loaded = (await door.rounds.load(5))!;
      expect(loaded.shares.map(({ hashValue }) => hashValue)).to.deep.equal([late!.hashValue]);
      expect(loaded.validShares).to.equal(1);
      await restart();
    }
  });

  it('are written over no newer record when nothing new came', async () => {
    await open(5);
    await open(6);
    const { writes } = store;
    door.intake.open(Round.begin(identity, 7, seed), keeper, () => undefined);
    await keeper.save(Round.begin(identity, 7, seed));
    expect(store.writes).to.equal(writes + 1);
  });

  it('are not taken of a round that was begun anew on another seed, nor of one by another number', async () => {
    const wrong = await open(5);
    const [share] = sharesOf(wrong);
    const right = await open(5, Buffer.alloc(32, 9));
    expect(take(wrong, share!)).to.deep.equal(ROUND_OVER);
    expect([wrong.validShares, right.validShares]).to.deep.equal([0, 0]);
    expect(take(right, sharesOf(right)[0]!)).to.include({ outcome: 'accepted' });
    // It closes the round that is there, not one that has its number.
    door.intake.close(wrong);
    expect(door.intake.openRound(5)).to.equal(right);
    const other = await open(6);
    const job = { round: 6, segment: 0, template: right.templates[0]!, prefix: 0, target: 0n };
    expect(take(right, share!, { job })).to.deep.equal(ROUND_OVER);
    expect(other.validShares + other.invalidShares).to.equal(0);
  });

  it('are known again when their round is closed', async () => {
    const first = await open(5);
    const [share] = sharesOf(first);
    take(first, share!);
    door.intake.close(first);
    await open(6);
    expect(door.intake.earlier(5, share!.hashValue, share!)).to.include({ workerId: 'rig1' });
    await open(7);
    expect(door.intake.earlier(5, share!.hashValue, share!)).to.equal(undefined);
  });

  it('are credited when they are accepted, and only then', async () => {
    const round = await open(5);
    await open(6);
    const [share, other] = sharesOf(round, 2);
    const credited: bigint[] = [];
    const credit = ({ hashValue }: Share): void => void credited.push(hashValue);
    take(round, share!, { credit, claimedHash: 1n });
    const job = { round: 5, segment: 0, template: round.templates[0]!, prefix: 0, target: 0n };
    take(round, share!, { credit, job });
    expect(credited).to.deep.equal([]);
    take(round, share!, { credit });
    take(round, share!, { credit });
    door.intake.close(round);
    take(round, other!, { credit });
    expect(credited).to.deep.equal([share!.hashValue]);
  });
});
