import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { PROOF_RULES, WORK_SOURCE } from '../../src/consensus';
import { BitcoinWork, type BitcoinChoice, type Refusal } from '../../src/work/bitcoin';
import type { Segment } from '../../src/work/segment';
import { KOII_WORK, type WorkSource } from '../../src/work/source';
import { FakeBitcoinNetwork } from '../fixtures/bitcoin-network';
import { FakeClock } from '../fixtures/fake-clock';
import { BITCOIN_ORIGIN, segmentAt } from '../fixtures/segments';
import { identity, seed } from '../fixtures/template';

const of = { taskId: identity.taskId, round: 7, seed };
const payout = Buffer.alloc(20, 0x44);

describe('BitcoinWork', () => {
  let clock: FakeClock;
  let network: FakeBitcoinNetwork;
  let choice: BitcoinChoice;
  let work: BitcoinWork;
  let heights: number[];
  let refusals: Refusal[];
  let fallbacks: string[];
  let faults: unknown[];
  let following: Promise<void>;
  const open = (on: FakeBitcoinNetwork | null = network): void => {
    work = new BitcoinWork({
      network: on ?? undefined,
      identity,
      rules: PROOF_RULES,
      choice: () => choice,
      now: () => clock.now(),
      until: (atMs, signal) => clock.until(atMs, signal),
      onTip: ({ segment }) => heights.push(segment.height),
      onRefusal: (refusal) => refusals.push(refusal),
      onFallback: (why) => fallbacks.push(why),
      onFault: (error) => faults.push(error),
    });
    following = work.follow();
  };
  beforeEach(() => {
    clock = new FakeClock();
    network = new FakeBitcoinNetwork();
    choice = { wanted: 'auto', payout };
    [heights, refusals, faults, fallbacks] = [[], [], [], []];
    open();
  });
  afterEach(() => work.close());
  const pass = (ms = 0): Promise<void> => clock.runUntil(clock.now() + ms);
  const show = async (next: Segment | Error): Promise<void> => {
    network.push(next);
    await pass();
  };
  /** The source chosen, and how long that took. */
  const chosen = async (): Promise<[WorkSource['origin']['source'], number]> => {
    const startMs = clock.now();
    let source: WorkSource | undefined;
    void work.choose().then((chosen) => (source = chosen));
    await pass();
    while (!source) await pass(100);
    return [source.origin.source, clock.now() - startMs];
  };
  const read = (kept: readonly Segment[] = []): { given: Segment[]; end: AbortController } => {
    const end = new AbortController();
    const given: Segment[] = [];
    void (async () => {
      const source = work.of(BITCOIN_ORIGIN);
      for await (const segment of source.segments(of, kept, end.signal)) given.push(segment);
      given.push({ ...segmentAt(1), height: 0 });
    })();
    return { given, end };
  };
  const { koii, bitcoin } = WORK_SOURCE;

  it('is chosen where a node shows a tip and an address is set, at once', async () => {
    await show(segmentAt(9));
    for (const wanted of ['auto', 'bitcoin'] as const) {
      choice = { wanted, payout };
      expect(await chosen()).to.deep.equal([bitcoin, 0]);
      expect(work.whyKoii).to.equal(undefined);
    }
    const { origin } = await work.choose();
    expect(origin).to.deep.equal(BITCOIN_ORIGIN);
    choice = { wanted: 'koii', payout };
    expect(await chosen()).to.deep.equal([koii, 0]);
    expect(work.whyKoii).to.equal(undefined);
  });

  it('is not chosen for want of an address or a node, which only those hear who want it', async () => {
    await show(segmentAt(9));
    choice = { wanted: 'auto', payout: undefined };
    expect(await chosen()).to.deep.equal([koii, 0]);
    expect(work.whyKoii).to.equal('PAYOUT_ADDRESS is not set');
    work.close();
    open(null);
    await following;
    expect(await chosen()).to.deep.equal([koii, 0]);
    expect(work.whyKoii).to.equal(undefined);
    choice = { wanted: 'bitcoin', payout };
    expect(await chosen()).to.deep.equal([koii, 0]);
    expect(work.whyKoii).to.equal('BITCOIN_RPC_URL is not set');
  });

  it('waits for the first tip, 3 s or, where the owner insists, 20 s', async () => {
    network.peer.fault = 'connection refused';
    expect(await chosen()).to.deep.equal([koii, 3000]);
    expect(work.whyKoii).to.equal('connection refused');
    choice = { wanted: 'bitcoin', payout };
    expect(await chosen()).to.deep.equal([koii, 20_000]);
    network.peer.fault = undefined;
    const choosing = chosen();
    await pass(500);
    await show(segmentAt(9));
    expect((await choosing)[0]).to.equal(bitcoin);
  });

  it('gives way to koii while the node is away, unless the owner insists', async () => {
    await show(segmentAt(9));
    network.peer.fault = 'warming up';
    expect(await chosen()).to.deep.equal([koii, 0]);
    expect(work.whyKoii).to.equal('warming up');
    choice = { wanted: 'bitcoin', payout };
    expect(await chosen()).to.deep.equal([bitcoin, 0]);
    choice = { wanted: 'auto', payout };
    network.peer.fault = undefined;
    expect(await chosen()).to.deep.equal([bitcoin, 0]);
  });

  it('takes tips at most once a second, and the newest of those that came', async () => {
    const { given } = read();
    for (const height of [9, 10, 11]) await show(segmentAt(height));
    expect(given).to.deep.equal([segmentAt(9)]);
    await pass(999);
    expect([given.length, network.judged.length]).to.deep.equal([1, 1]);
    await pass(1);
    expect(given).to.deep.equal([segmentAt(9), segmentAt(11)]);
    expect(heights).to.deep.equal([9, 11]);
    await pass(5000);
    await show(segmentAt(12));
    expect(given).to.have.length(3);
    expect(work.tip).to.include({ seenAtMs: 6000, tipTime: segmentAt(12).time - 60 });
  });

  it('gives no second segment of a tip that its node shows again', async () => {
    const { given } = read();
    await show(segmentAt(9));
    await pass(2000);
    await show({ ...segmentAt(9), time: 1 });
    await pass(2000);
    expect(given).to.deep.equal([segmentAt(9)]);
    expect([heights, work.tip!.seenAtMs]).to.deep.equal([[9], 0]);
  });

  it('goes on with the last segment after a restart, and uses kept ones again as they were', async () => {
    const kept = [segmentAt(8), segmentAt(9)];
    const { given } = read(kept);
    await pass();
    expect(given).to.deep.equal([kept[1]]);
    await show({ ...segmentAt(9), time: 1, bits: 2 });
    await pass(1000);
    expect(given).to.deep.equal([kept[1]]);
    await show({ ...segmentAt(8), time: 1, bits: 2 });
    expect(given).to.deep.equal([kept[1], kept[0]]);
    expect(given[1]).to.equal(kept[0]);
    // Once a tip is known, that is mined.
    expect(read(kept).given).to.deep.equal([]);
    await pass();
  });

  it('ends a stream with its signal, waiting or not, and keeps no listener of it', async () => {
    const { given, end } = read();
    for (let height = 1; height <= 2000; height++) {
      network.push(segmentAt(height));
      if (height % 100 === 0) await pass(1000);
    }
    expect(given.length).to.equal(21);
    expect(getEventListeners(end.signal, 'abort')).to.have.length(1);
    end.abort();
    await pass();
    expect(given.pop()!.height).to.equal(0);
    expect(getEventListeners(end.signal, 'abort')).to.have.length(0);
    expect((work as unknown as { waiting: Set<unknown> }).waiting.size).to.equal(0);
    const ended = new AbortController();
    ended.abort();
    const stream = work.of(BITCOIN_ORIGIN).segments(of, [segmentAt(1)], ended.signal);
    const first = await stream[Symbol.asyncIterator]().next();
    expect(first.done).to.equal(true);
  });

  it('asks once a tip whether the block would be taken: one to our address', async () => {
    await show(segmentAt(9));
    await chosen();
    await pass(1000);
    await show(segmentAt(10));
    expect(network.judged).to.have.length(2);
    const [block] = network.judged;
    expect(block!.readUInt32LE(68)).to.equal(segmentAt(9).time);
    expect(block!.subarray(4, 36)).to.deep.equal(segmentAt(9).prev);
    expect(block!.includes(payout)).to.equal(true);
  });

  it('asks when an address is chosen, not only at the next tip', async () => {
    choice = { wanted: 'auto', payout: undefined };
    await show(segmentAt(9));
    expect(network.judged).to.deep.equal([]);
    choice = { wanted: 'auto', payout };
    expect((await chosen())[0]).to.equal(bitcoin);
    expect(network.judged).to.have.length(1);
    choice = { wanted: 'auto', payout: Buffer.alloc(20, 9) };
    await chosen();
    expect(network.judged[1]!.includes(Buffer.alloc(20, 9))).to.equal(true);
  });

  it('has the next round mined for koii where it would not, until it would', async () => {
    network.verdict = 'bad-cb-amount';
    const { given } = read();
    await show(segmentAt(9));
    expect(refusals).to.deep.equal([{ reason: 'bad-cb-amount', height: 9 }]);
    expect(work.refusal).to.deep.equal(refusals[0]);
    for (let round = 0; round < 2; round++) expect(await chosen()).to.deep.equal([koii, 0]);
    expect(work.whyKoii).to.equal('the Bitcoin node would refuse our block: bad-cb-amount');
    expect(fallbacks, 'told once').to.deep.equal([work.whyKoii]);
    // It can't say: what it said last holds, and it is asked again.
    network.verdict = undefined;
    await pass(1000);
    await show(segmentAt(10));
    expect(given).to.deep.equal([segmentAt(9), segmentAt(10)]);
    expect(work.refusal).to.deep.equal(refusals[0]);
    network.verdict = null;
    expect(await chosen()).to.deep.equal([koii, 0]);
    await pass();
    expect(work.refusal).to.equal(undefined);
    expect(await chosen()).to.deep.equal([bitcoin, 0]);
  });

  it('hears no verdict on a tip that is not the newest any more', async () => {
    let tell!: (reason: string) => void;
    network.verdict = new Promise((resolve) => (tell = resolve));
    await show(segmentAt(9));
    network.verdict = null;
    await pass(1000);
    await show(segmentAt(10));
    tell('bad-prevblk');
    await pass();
    expect([work.refusal, refusals]).to.deep.equal([undefined, []]);
  });

  it('goes on whatever is thrown', async () => {
    const { given } = read();
    await show(new Error('no tips'));
    expect(faults).to.have.length(1);
    await show(segmentAt(9));
    await pass(1000);
    expect(given).to.deep.equal([segmentAt(9)]);
    network.verdict = new Error('no verdict');
    heights.push = () => {
      throw new Error('nobody listens');
    };
    await pass(1000);
    await show(segmentAt(10));
    expect(faults.map((fault) => (fault as Error).message)).to.have.members([
      'no tips',
      'nobody listens',
      'no verdict',
    ]);
    expect(given).to.have.length(2);
    work.close();
    await pass();
    await following;
    expect(network.open).to.equal(0);
  });

  it('is koii of a round that was begun so', () => {
    expect(work.of(KOII_WORK).origin).to.equal(KOII_WORK);
  });
});
