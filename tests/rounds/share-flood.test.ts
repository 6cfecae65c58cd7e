import { expect } from 'chai';
import { K } from '../../src/consensus';
import { createLog } from '../../src/process/log';
import type { Share } from '../../src/proof/shares';
import type { Round } from '../../src/rounds/round';
import { RoundKeeper } from '../../src/rounds/round-keeper';
import type { FoundShare, ShareOutcome } from '../../src/rounds/share-intake';
import { ANY_HASH, easyShares } from '../fixtures/easy-shares';
import { FakeClock } from '../fixtures/fake-clock';
import { MemoryStore } from '../fixtures/memory-store';
import { segmentAt } from '../fixtures/segments';
import { openShareDoor, type ShareDoor } from '../fixtures/share-door';
import { begunRound, identity, shares as mined } from './vector';

/** As many as a full proof has, the lowest last: each may enter when it comes. */
const ENTERING = [...mined].sort((a, b) => (a.hashValue > b.hashValue ? -1 : 1));

/** A store that knows when it was written. */
class TimedStore extends MemoryStore {
  readonly writtenAtMs: number[] = [];
  /** Each write takes so long. */
  slowMs = 0;

  constructor(private readonly clock: FakeClock) {
    super();
  }

  override async set(key: string, value: string): Promise<void> {
    this.writtenAtMs.push(this.clock.now());
    if (this.slowMs > 0) await this.clock.after(this.slowMs);
    await super.set(key, value);
  }

  /** The most writes within any second. */
  get mostInASecond(): number {
    const at = this.writtenAtMs;
    return Math.max(...at.map((from, i) => at.slice(i).filter((to) => to < from + 1000).length));
  }
}

describe('the store under a flood of shares', () => {
  let clock: FakeClock;
  let store: TimedStore;
  let door: ShareDoor;
  let keeper: RoundKeeper;
  let round: Round;
  let over: AbortController;
  beforeEach(async () => {
    clock = new FakeClock();
    store = new TimedStore(clock);
    const log = createLog('silent');
    door = await openShareDoor(store, identity, log, clock);
    keeper = new RoundKeeper({ store: door.rounds, shares: door.shares, log, clock });
    round = begunRound();
    over = new AbortController();
    await keeper.save(round);
    door.intake.open(round, keeper, () => undefined);
    void keeper.saveUntil(over.signal, round);
  });
  afterEach(() => over.abort());

  const take = (share: Share, more: Partial<FoundShare> = {}, target = ANY_HASH): ShareOutcome =>
    door.intake.take({
      job: {
        round: round.number,
        segment: share.segment,
        template: round.templates[share.segment]!,
        prefix: share.prefix,
        target,
      },
      attempt: share,
      workerId: 'rig1',
      submissionId: `${share.prefix}-${share.extranonce2}-${share.nonce}`,
      storeFirst: 'entering',
      ...more,
    });
  /** Whether its finder has to wait for the store. */
  const isAwaited = (share: Share, storeFirst: FoundShare['storeFirst']): boolean => {
    const outcome = take(share, { storeFirst });
    if (outcome.outcome !== 'accepted') throw new Error(outcome.reason);
    outcome.stored?.catch(() => undefined);
    return outcome.stored !== undefined;
  };
  const hashesOf = (shares: readonly Share[]): bigint[] => shares.map(({ hashValue }) => hashValue);

  it('is waited for by whoever finds a share that may enter the proof, or asks to wait, and by no others', () => {
    const others = easyShares(round.templates[0]!, 3);
    for (const [i, storeFirst] of (['none', 'entering', 'all'] as const).entries()) {
      expect(isAwaited(ENTERING[i]!, storeFirst), storeFirst).to.equal(storeFirst !== 'none');
      expect(isAwaited(others[i]!, storeFirst), storeFirst).to.equal(storeFirst === 'all');
    }
  });

  it('has a share before its finder is told, within 200 ms, and one that waits can be killed', async () => {
    const restored = async (): Promise<bigint[]> => {
      const later = await openShareDoor(store, identity);
      return hashesOf((await later.rounds.load(round.number))!.shares);
    };
    await keeper.save(round);
    let told = 0;
    for (const share of ENTERING) {
      const outcome = take(share);
      if (outcome.outcome === 'accepted') void outcome.stored?.then(() => told++);
    }
    expect(await restored()).to.deep.equal([]);
    expect(told).to.equal(0);
    await clock.runUntil(200);
    expect(told).to.equal(K[0]);
    expect(await restored()).to.deep.equal(hashesOf(ENTERING).reverse());
  });

  for (const slowMs of [0, 30]) {
    it(`is written at most ten times a second however many shares come, when a write takes ${slowMs} ms`, async () => {
      store.slowMs = slowMs;
      let [extranonce2, workers, told] = [0, 0, 0];
      const acknowledged: Share[] = [];
      const entering = [...ENTERING];
      for (let ms = 0; ms < 4_000; ms += 20) {
        const shares = easyShares(round.templates[0]!, 40, { extranonce2: extranonce2++ });
        if (ms % 140 === 0) shares.push(...entering.splice(0, 1));
        for (const share of shares) {
          const outcome = take(share, { workerId: `rig${share.nonce % 8}${ms}` });
          if (outcome.outcome !== 'accepted') throw new Error(outcome.reason);
          if (outcome.stored) void outcome.stored.then(() => acknowledged.push(share));
          else told++;
        }
        const [wrong] = easyShares(round.templates[0]!, 1, { extranonce2: extranonce2++ });
        expect(take(wrong!, {}, 0n)).to.include({ reason: 'above_target' });
        // New workers and connections want ground meanwhile.
        while (round.leases.ofWorker(`rig${workers}`) !== undefined) workers++;
        while (round.leases.ofConnection(ms % 256) !== undefined);
        void keeper.makeGround(round);
        void keeper.makeGround(round, ms % 256);
        await clock.runUntil(ms + 20);
      }
      await clock.runUntil(4_500);
      expect([told, acknowledged.length]).to.deep.equal([8_000, K[0]]);
      expect(store.mostInASecond).to.be.within(6, 10);

      const later = await openShareDoor(store, identity);
      const restored = hashesOf((await later.rounds.load(round.number))!.shares);
      expect(restored).to.deep.equal(hashesOf(ENTERING).reverse());
    });
  }

  it('is written once with a segment that it lacks, for all whose shares are on it', async () => {
    const second = round.addSegment({ ...segmentAt(7), time: 1_790_000_000 });
    let stores = 0;
    const counted = {
      saveSoon: () => undefined,
      save: () => Promise.resolve(),
      store: (of: Round) => (stores++, keeper.store(of)),
    };
    door.intake.open(round, counted, () => undefined);
    store.broken = true;
    const failed = await Promise.all(
      easyShares(round.templates[second]!, 20, { segment: second }).map(async (share) => {
        const outcome = take(share, { storeFirst: 'all' });
        if (outcome.outcome !== 'accepted') throw new Error(outcome.reason);
        return outcome.stored!.catch((error: unknown) => error);
      }),
    );
    expect(failed).to.deep.equal(Array.from({ length: 20 }, () => store.fault));
    // The log comes first.
    expect(stores).to.equal(0);
    store.broken = false;
    const others = easyShares(round.templates[second]!, 20, { segment: second, extranonce2: 1 });
    await Promise.all(
      others.map((share) => {
        const outcome = take(share, { storeFirst: 'all' });
        return outcome.outcome === 'accepted' && outcome.stored;
      }),
    );
    expect(stores).to.equal(1);
    expect(round.hasUnstoredSegment).to.equal(false);
  });
});
