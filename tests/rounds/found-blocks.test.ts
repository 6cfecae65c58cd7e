import { expect } from 'chai';
import { FLOOR } from '../../src/consensus';
import { createLog } from '../../src/process/log';
import { shareOf, type Share } from '../../src/proof/shares';
import type { FoundBlock } from '../../src/rounds/blocks';
import { UnwritableError, type RemoteShare } from '../../src/rounds/remote-shares';
import type { Round } from '../../src/rounds/round';
import type { FoundShare, ShareOutcome } from '../../src/rounds/share-intake';
import { koiiSource } from '../../src/work/source';
import { MemoryStore } from '../fixtures/memory-store';
import { mineOn, PushedSource, segmentAt } from '../fixtures/segments';
import { openMiner, type OpenedMiner } from '../fixtures/share-door';
import { IDLE_ENGINE } from '../fixtures/stratum-node';
import { seed } from '../fixtures/template';
import { until } from '../fixtures/until';

const ROUND = 5;
/** As on regtest: each share is a block. */
const easy = (height: number) => ({ ...segmentAt(height), bits: 0x207fffff });

describe('blocks among the shares', () => {
  let store: MemoryStore;
  let source: PushedSource;
  let node: OpenedMiner;
  /** Handed in. */
  let found: FoundBlock[];
  const round = (): Round => node.miner.lastRound!;
  const open = async (of: PushedSource | typeof koiiSource): Promise<void> => {
    node = await openMiner(store, IDLE_ENGINE, {
      source: of,
      log: createLog('silent'),
      blocks: { found: (block) => found.push(block) },
    });
    await node.miner.begin(ROUND, seed, Infinity);
  };
  beforeEach(async () => {
    found = [];
    store = new MemoryStore();
    source = new PushedSource();
    await open(source);
    await mineNext(easy(100));
  });
  afterEach(async () => {
    store.broken = false;
    await node.miner.pause();
  });
  const mineNext = async (segment: ReturnType<typeof easy>): Promise<void> => {
    source.push(segment);
    await until(() => {
      const { current, templates } = round();
      return current !== undefined && templates[current]!.height === segment.height;
    });
  };
  const take = (share: Share, more: Partial<FoundShare> = {}): ShareOutcome => {
    const { segment } = share;
    const template = round().templates[segment]!;
    return node.intake.take({
      job: { round: ROUND, segment, template, prefix: 0, target: FLOOR },
      attempt: share,
      workerId: 'rig1',
      submissionId: `rig1-${share.nonce}`,
      storeFirst: 'none',
      ...more,
    });
  };
  const heights = (): number[] => found.map(({ template }) => template.height);

  it('are handed in before they are judged, whatever becomes of the share', () => {
    const [share, other] = mineOn(round().templates[0]!, 2) as [Share, Share];
    const template = round().templates[0]!;
    expect(take(share, { claimedHash: 1n })).to.include({ reason: 'wrong_hash' });
    const job = { round: ROUND, segment: 0, template, prefix: 0, target: 0n };
    expect(take(other, { job })).to.include({ reason: 'above_target' });
    expect(found.map(({ hashValue }) => hashValue)).to.deep.equal([
      share.hashValue,
      other.hashValue,
    ]);
    expect(found[0]).to.include({ round: ROUND, template, workerId: 'rig1' });
    let isJudged = false;
    const credit = (): void => void (isJudged = found.length === 3);
    expect(take(share, { credit })).to.include({ outcome: 'accepted' });
    expect(isJudged).to.equal(true);
    expect(take(share)).to.include({ reason: 'duplicate_share' });
  });

  it('are no ordinary shares', async () => {
    source.push(segmentAt(101));
    await until(() => round().current === 1);
    const [share] = mineOn(round().templates[1]!, 1, { segment: 1 });
    expect(take(share!)).to.include({ outcome: 'accepted' });
    expect(found).to.deep.equal([]);
  });

  it('are never those of source koii', async () => {
    await node.miner.pause();
    store = new MemoryStore();
    await open(koiiSource);
    await until(() => round().current === 0);
    const [share] = mineOn(round().templates[0]!, 1);
    expect(take(share!)).to.include({ outcome: 'accepted' });
    const template = round().templates[0]!;
    const job = { round: ROUND, segment: 0, template, prefix: 0, target: FLOOR };
    const attempt = share!;
    node.intake.takeClaimed({ job, attempt, workerId: 'rig1', claimedHash: 0n });
    expect(found).to.deep.equal([]);
  });

  it('are handed in late too: of the tip before, a segment that was dropped, a round that is over', async () => {
    const [onFirst, later, last] = mineOn(round().templates[0]!, 3) as [Share, Share, Share];
    const first = round().templates[0]!;
    const job = { round: ROUND, segment: 0, template: first, prefix: 0, target: FLOOR };
    await mineNext(easy(101));
    // Shares on the old tip still count.
    expect(take(onFirst)).to.include({ outcome: 'accepted', best: true });
    const kept = mineOn(round().templates[1]!, 4, { segment: 1 });
    for (const share of kept) take(share);
    for (let height = 102; round().templates[0]; height++) {
      await mineNext(easy(height));
      const index = round().current!;
      const attempts = mineOn(round().templates[index]!, 2, { segment: index });
      for (const share of attempts) take(share);
    }
    found = [];
    expect(take(later, { job })).to.deep.equal({ outcome: 'conflict', reason: 'round_over' });
    await node.miner.close(ROUND);
    expect(take(last, { job })).to.deep.equal({ outcome: 'conflict', reason: 'round_over' });
    expect(heights()).to.deep.equal([100, 100]);
  });

  describe('of remote workers', () => {
    let share: RemoteShare;
    let other: Share;
    beforeEach(() => {
      const job = node.jobs.handOut(round(), 'rig1', FLOOR)!;
      const [rolled, next] = mineOn(job.template, 2, { prefix: job.prefix }) as [Share, Share];
      const { hashValue } = rolled;
      other = next;
      share = {
        workerId: 'rig1',
        submissionId: 'a',
        hashValue,
        difficulty: 0,
        blockHeight: 100,
        jobId: job.id,
        rolled,
      };
    });
    const receive = (more: Partial<RemoteShare> = {}) =>
      node.remoteShares.receive(ROUND, { ...share, ...more });
    const expectFound = (): void => {
      expect(found.map(({ hashValue }) => hashValue)).to.include(share.hashValue);
    };

    it('are handed in while the store takes no writes and no share is accepted', async () => {
      store.broken = true;
      const { hashValue } = other;
      const failing = receive({ rolled: other, hashValue, submissionId: 'b' });
      expect(await failing.catch((error: unknown) => error)).to.be.instanceOf(UnwritableError);
      found = [];
      expect(node.shares.writable).to.equal(false);
      expect(await receive().catch((error: unknown) => error)).to.be.instanceOf(UnwritableError);
      expectFound();
    });

    it('are handed in for a wrong height, and when their round is over', async () => {
      expect(await receive({ blockHeight: 7 })).to.include({ reason: 'wrong_height' });
      expectFound();
      found = [];
      await node.miner.close(ROUND);
      expect(await receive()).to.include({ reason: 'round_over' });
      expectFound();
    });

    it('are no hashes that are only claimed', async () => {
      await receive({ hashValue: 1n });
      expectRejected();
      await receive({ rolled: 'none', hashValue: 1n });
      await receive({ rolled: 'incomplete' });
      await receive({ jobId: 'f'.repeat(16) });
      expectRejected();
    });
    /** Nothing was handed in but what the attempt really gives. */
    const expectRejected = (): void => {
      for (const { template, attempt, hashValue } of found) {
        expect(shareOf(template, attempt).hashValue).to.equal(hashValue);
      }
    };
  });
});
