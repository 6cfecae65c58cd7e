import { expect } from 'chai';
import { LIST_SWITCHES } from '../../src/distribution/list-rules';
import { draw } from '../../src/distribution/lots';
import type { OwnList } from '../../src/distribution/own-lists';
import { KeeperUnderTest, LISTED, ROUND, ROUND_MS, SELF, WINDOW_MS } from '../fixtures/list-chain';

/** One slot: the chain's clock may lag by so much. */
const SLOT_MS = 408;

/** A secret that draws a place in the round. */
function secretFor(place: number, submitters: number): Buffer {
  for (let i = 0; ; i++) {
    const secret = Buffer.alloc(32);
    secret.writeUInt32LE(i);
    if (draw(secret, LISTED, submitters).place === place) return secret;
  }
}

// When a list-keeper makes its own list (docs/PROTOCOL.md section 8).
describe('making lists', () => {
  let test: KeeperUnderTest;
  const make = (place: number, submitters: number, options = {}): KeeperUnderTest =>
    (test = new KeeperUnderTest({ submitters, secret: secretFor(place, submitters), ...options }));
  afterEach(() => test.stop());

  const runWindow = async (): Promise<void> => {
    test.start();
    await test.clock.runUntil(WINDOW_MS - 1);
  };
  const handIns = () => test.ledger.of('handIn').filter(({ args }) => args[0] === LISTED);
  const expectMadeAt = (ms: number): void => {
    expect(handIns()).to.have.length(1);
    expect(handIns()[0]!.at).to.be.within(ms, ms + SLOT_MS);
    expect(handIns()[0]!.args[1]).to.deep.equal(test.right);
  };

  for (const submitters of [1, 2, 3, 6]) {
    it(`is at once for each of ${submitters}`, async () => {
      make(submitters - 1, submitters);
      await runWindow();
      expectMadeAt(0);
    });
  }

  it('is at once for a place below 6, though a right list is there', async () => {
    make(5, 40);
    test.ledger.name('Node1', test.right);
    await runWindow();
    expectMadeAt(0);
  });

  it('is not for a place from 6 on where a right list is there a step later', async () => {
    make(6, 40);
    test.start();
    await test.clock.runUntil(10_000);
    test.ledger.name('Node1', test.right);
    test.ledger.name('Node2', test.falseFor('Node2'));
    await test.clock.runUntil(WINDOW_MS);
    expect(handIns()).to.deep.equal([]);
  });

  it('is a step later where only false lists are', async () => {
    make(6, 40);
    test.ledger.name('Node1', test.falseFor('Node1'));
    await runWindow();
    // 7 % of 204 s, and 70 ms for each of 40.
    expectMadeAt(17_080);
  });

  it('is two steps later for a place from 18 on', async () => {
    make(20, 40);
    await runWindow();
    expectMadeAt(34_160);
  });

  it('is not where it could not be finished', async () => {
    make(30, 1000);
    await runWindow();
    expect(handIns()).to.deep.equal([]);
  });

  it('is at once for two places alone where lists are final', async () => {
    make(2, 40, { switches: { ...LIST_SWITCHES, listsAreFinal: true } });
    await runWindow();
    expectMadeAt(17_080);
  });

  it('is not where its own proof is invalid, nor where it submitted none', async () => {
    make(0, 3);
    test.ledger.submissionsOf.get(LISTED)![SELF] = 'junk';
    await runWindow();
    expect(handIns()).to.deep.equal([]);
    test.stop();
    make(0, 3);
    delete test.ledger.submissionsOf.get(LISTED)![SELF];
    await runWindow();
    expect(handIns()).to.deep.equal([]);
  });

  it('is tried again when it fails, while it can be finished', async () => {
    make(0, 40);
    test.ledger.failing.add('handIn');
    test.start();
    await test.clock.runUntil(50_000);
    expect(handIns()).to.have.length.above(2);
    test.ledger.failing.clear();
    await test.clock.runUntil(80_000);
    const made = handIns().length;
    expect(test.ledger.listsOf.get(LISTED)!.has(SELF)).to.equal(true);
    await test.clock.runUntil(WINDOW_MS);
    expect(handIns()).to.have.length(made);
  });

  it('is given up when it can not be finished any more', async () => {
    make(0, 40);
    test.ledger.failing.add('handIn');
    await runWindow();
    const last = handIns().at(-1)!.at;
    // 5 % of the window, and 70 ms for each of 40.
    expect(handIns()).to.have.length.within(5, 12);
    expect(last).to.be.within(WINDOW_MS * 0.8, WINDOW_MS * 0.95 - 2800 + SLOT_MS);
  });

  it('is once: not again after a restart', async () => {
    make(0, 3);
    test.ledger.name(SELF, test.right);
    await runWindow();
    expect(handIns()).to.deep.equal([]);
  });

  it('waits for the seed', async () => {
    make(0, 3);
    test.hasSeed = false;
    test.start();
    await test.clock.runUntil(60_000);
    expect(handIns()).to.deep.equal([]);
    test.hasSeed = true;
    await test.clock.runUntil(WINDOW_MS);
    expect(handIns()).to.have.length(1);
    expect(handIns()[0]!.at).to.be.within(60_000, 60_000 + WINDOW_MS * 0.13);
  });

  it('is not in the audit window', async () => {
    make(0, 3);
    test.clock.sleep(WINDOW_MS + 1000);
    test.start();
    await test.clock.runUntil(ROUND_MS - 1);
    expect(handIns()).to.deep.equal([]);
  });

  it('asks for the payout when the windows are over, as the SDK does', async () => {
    make(0, 3);
    test.start();
    await test.clock.runUntil(2 * WINDOW_MS);
    expect(test.ledger.of('payOut')).to.deep.equal([]);
    await test.clock.runUntil(ROUND_MS - 1);
    expect(test.ledger.of('payOut').map(({ args }) => args)).to.deep.equal([[LISTED]]);
  });

  describe('of a round whose lists were all voted out', () => {
    beforeEach(() => {
      make(0, 3);
      test.ledger.submissionsOf.set(LISTED - 1, test.ledger.submissionsOf.get(LISTED)!);
      test.ledger.name('Node1', test.right, LISTED - 1, true);
    });
    const again = () => test.ledger.of('handIn').filter(({ args }) => args[0] === LISTED - 1);

    it('is made again', async () => {
      test.ledger.outcomes.set(LISTED - 1, 'failed');
      await runWindow();
      expect(again()).to.have.length(1);
    });

    it('is not once it is paid, nor where nobody ever made one', async () => {
      for (const outcome of ['paid', 'open'] as const) {
        test.ledger.outcomes.set(LISTED - 1, outcome);
        await runWindow();
        expect(again(), outcome).to.deep.equal([]);
        test.stop();
      }
    });
  });

  describe('by the SDK', () => {
    const keys = (): string[] => Object.keys(test.right);

    it('is given its own list when it asks in the submission window', async () => {
      make(20, 40);
      expect(await test.keeper.listForSdk(LISTED, keys())).to.deep.equal(test.right);
    });

    it('hands it in alone: the keeper does not a second time', async () => {
      make(20, 40);
      await test.keeper.listForSdk(LISTED, keys());
      test.ledger.name(SELF, test.right);
      await runWindow();
      expect(handIns()).to.deep.equal([]);
    });

    it('gets none where the keeper has handed it in', async () => {
      make(0, 3);
      test.start();
      await test.clock.runUntil(1000);
      expect(handIns()).to.have.length(1);
      expect(await test.keeper.listForSdk(LISTED, keys())).to.equal(undefined);
    });

    it('is not waited for when nothing comes of it', async () => {
      make(0, 3);
      await test.keeper.listForSdk(LISTED, keys());
      await runWindow();
      // 5 % of the window, and 70 ms for each of 3.
      expectMadeAt(10_410);
    });

    it('gets none at 96 % of the window, in the audit window, after it, or before its turn', async () => {
      make(20, 40);
      for (const at of [WINDOW_MS * 0.96, WINDOW_MS + 1000, 2 * WINDOW_MS + 1000]) {
        test.clock.sleep(at - test.clock.now());
        expect(await test.keeper.listForSdk(LISTED, keys()), String(at)).to.equal(undefined);
      }
      make(20, 40);
      expect(await test.keeper.listForSdk(ROUND - 1, keys())).to.equal(undefined);
    });

    it('gets none where this node can make none', async () => {
      make(20, 40);
      test.hasSeed = false;
      const failure = await test.keeper.listForSdk(LISTED, keys()).catch((e: unknown) => e);
      expect(failure).to.be.instanceOf(Error);
    });

    it('gets none where it sees other submitters, or this node has no valid proof', async () => {
      make(20, 40);
      expect(await test.keeper.listForSdk(LISTED, keys().slice(1))).to.equal(undefined);
      expect(await test.keeper.listForSdk(LISTED, [...keys().slice(1), 'other'])).to.equal(
        undefined,
      );
      test.ledger.submissionsOf.get(LISTED)![SELF] = 'junk';
      make(20, 40);
      test.ledger.submissionsOf.get(LISTED)![SELF] = 'junk';
      expect(await test.keeper.listForSdk(LISTED, keys())).to.equal(undefined);
    });
  });

  it('is of the same proofs once, whoever asks', async () => {
    make(0, 3);
    test.start();
    await test.clock.runUntil(1000);
    await test.keeper.listForSdk(LISTED, Object.keys(test.right));
    await test.clock.runUntil(ROUND_MS - 1);
    expect(test.judged).to.deep.equal([LISTED]);
  });

  it('tells of each list once', async () => {
    const told: number[] = [];
    make(0, 3, { events: { computed: ({ round }: OwnList) => told.push(round) } });
    test.start();
    await test.clock.runUntil(ROUND_MS - 1);
    expect(told).to.include(LISTED);
    expect(told.filter((round) => round === LISTED)).to.have.length(1);
  });
});
