import { expect } from 'chai';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { OwnList } from '../../src/distribution/own-lists';
import type { Recount } from '../../src/distribution/recount';
import { NoSuchRoundError, Recounts } from '../../src/distribution/recounts';
import { createLog } from '../../src/process/log';
import { FakeClock } from '../fixtures/fake-clock';
import { FakeLedger, LISTED, ROUND, ROUND_MS, SELF } from '../fixtures/list-chain';

const own = (round: number, submitters = 2): OwnList => ({
  round,
  bounty: 100n,
  amounts: { [SELF]: 60, Peer: 40 },
  submissions: Object.fromEntries(
    Array.from({ length: submitters }, (_, i) => [`${SELF}${i || ''}`, 'proof']),
  ),
  readAt: 0,
  verdicts: new Map([
    [SELF, { valid: true, source: 0, shares: 3, hashes: 7n }],
    ['Peer', { valid: false, reason: 'no proof' }],
  ]),
});

const RIGHT = { [SELF]: 60, Peer: 40 };
/** Shortly before the last look at it, in the last round in which a list of it can be made. */
const BEFORE_LAST_LOOK = 2.95 * ROUND_MS;

describe('the recounts of rounds', () => {
  let clock: FakeClock;
  let ledger: FakeLedger;
  let recounts: Recounts;
  let settled: Recount[];
  let made: number[];
  let unsettled: number[];
  let ending: AbortController;

  beforeEach(() => {
    clock = new FakeClock();
    ledger = new FakeLedger(clock);
    settled = [];
    made = [];
    unsettled = [];
    ending = new AbortController();
    recounts = new Recounts({
      ledger,
      clock,
      log: createLog('silent'),
      ownList: (round) => {
        made.push(round);
        return Promise.resolve(own(round));
      },
      unsettled: () => unsettled,
    });
    recounts.onSettled((recount) => settled.push(recount));
  });
  afterEach(() => ending.abort());

  const run = (): void => void recounts.run(ending.signal);
  const refusal = (round: number): Promise<unknown> =>
    recounts.of(round).then(
      () => expect.fail('it was counted'),
      (error: unknown) => error,
    );

  it('give all who ask within some seconds one answer', async () => {
    recounts.add(own(LISTED));
    ledger.name(SELF, RIGHT);
    const [first, second] = await Promise.all([recounts.of(LISTED), recounts.of(LISTED)]);
    expect(first.recount.lists[0]!.reading).to.equal('equal');
    expect(second).to.deep.equal(first);
    await recounts.of(LISTED);
    expect(ledger.of('lists')).to.have.length(1);
    await clock.runUntil(11_000);
    await recounts.of(LISTED);
    expect(ledger.of('lists')).to.have.length(2);
    expect(ledger.of('contents')).to.have.length(1);
  });

  it('read an account again after a minute, since it may have been written anew', async () => {
    recounts.add(own(LISTED));
    ledger.name(SELF, RIGHT);
    await recounts.of(LISTED);
    ledger.accounts.set(SELF, '{}');
    await clock.runUntil(61_000);
    expect((await recounts.of(LISTED)).recount.lists[0]!.reading).to.equal('differs');
  });

  it('read nothing of a paid round again', async () => {
    recounts.add(own(LISTED));
    ledger.name(SELF, RIGHT);
    ledger.outcomes.set(LISTED, 'paid');
    expect(await recounts.of(LISTED)).to.include({ isSettled: true });
    await clock.runUntil(3 * ROUND_MS);
    const calls = ledger.calls.length;
    expect(await recounts.of(LISTED)).to.include({ isSettled: true });
    expect(ledger.calls).to.have.length(calls);
    expect(settled.map(({ own }) => own.round)).to.deep.equal([LISTED]);
  });

  it('follow a round by themselves until it is paid, and tell of it once', async () => {
    recounts.add(own(LISTED));
    ledger.name(SELF, RIGHT);
    run();
    await clock.runUntil(408_000);
    expect(ledger.of('lists')).to.have.length(0);
    await clock.runUntil(ROUND_MS);
    expect(ledger.of('lists').length).to.equal(2);
    expect(settled).to.deep.equal([]);
    ledger.outcomes.set(LISTED, 'paid');
    await clock.runUntil(4 * ROUND_MS);
    expect(settled.map(({ outcome }) => outcome)).to.deep.equal(['paid']);
    expect(ledger.of('lists').length).to.equal(3);
  });

  it('take up what an earlier process left unsettled, while the chain holds it', async () => {
    unsettled = [ROUND - 5, ROUND - 3, ROUND - 1];
    ledger.name(SELF, RIGHT, ROUND - 3);
    ledger.outcomes.set(ROUND - 3, 'paid');
    run();
    await clock.runUntil(0.99 * ROUND_MS);
    expect(made).to.deep.equal([ROUND - 3]);
    expect(settled.map(({ own, outcome }) => [own.round, outcome])).to.deep.equal([
      [ROUND - 3, 'paid'],
    ]);
  });

  it('tell of a failed round when nobody can make its list any more', async () => {
    recounts.add(own(LISTED));
    ledger.outcomes.set(LISTED, 'failed');
    run();
    await clock.runUntil(2.5 * ROUND_MS);
    expect(settled).to.deep.equal([]);
    await clock.runUntil(3 * ROUND_MS);
    expect(settled.map(({ outcome }) => outcome)).to.deep.equal(['failed']);
  });

  it('tell of a round as failed for which nobody handed in a list, after the last look', async () => {
    ledger.submissionsOf.set(LISTED, own(LISTED).submissions);
    recounts.add(own(LISTED));
    run();
    await clock.runUntil(BEFORE_LAST_LOOK);
    expect(settled).to.deep.equal([]);
    await clock.runUntil(3 * ROUND_MS);
    expect(settled.map(({ outcome, lists }) => [outcome, lists])).to.deep.equal([['failed', []]]);
    expect(await recounts.of(LISTED)).to.include({ isSettled: true });
  });

  it('tell of a round whose list came late by what became of it', async () => {
    ledger.submissionsOf.set(LISTED, own(LISTED).submissions);
    recounts.add(own(LISTED));
    run();
    await clock.runUntil(2.2 * ROUND_MS);
    ledger.name(SELF, RIGHT);
    await clock.runUntil(BEFORE_LAST_LOOK);
    ledger.outcomes.set(LISTED, 'paid');
    await clock.runUntil(3 * ROUND_MS);
    expect(settled.map(({ outcome }) => outcome)).to.deep.equal(['paid']);
  });

  interface Doubt {
    before?: () => unknown;
    atLastLook: () => unknown;
  }
  const doubts: Record<string, Doubt> = {
    'its last look failed': { atLastLook: () => ledger.failing.add('lists') },
    'its last look failed, though all lists had been voted out': {
      before: () => ledger.outcomes.set(LISTED, 'failed'),
      atLastLook: () => ledger.failing.add('lists'),
    },
    'the chain had forgotten it by the last look': {
      atLastLook: () => ledger.submissionsOf.delete(LISTED),
    },
    'the chain does not tell whether it has forgotten it': {
      atLastLook: () => ledger.failing.add('submissions'),
    },
    'a list that was there is gone': {
      before: () => ledger.name(SELF, RIGHT),
      atLastLook: () => ledger.listsOf.clear(),
    },
  };
  for (const [doubt, { before, atLastLook }] of Object.entries(doubts)) {
    it(`tell of a round as open where ${doubt}`, async () => {
      ledger.submissionsOf.set(LISTED, own(LISTED).submissions);
      before?.();
      recounts.add(own(LISTED));
      run();
      await clock.runUntil(BEFORE_LAST_LOOK);
      atLastLook();
      await clock.runUntil(3 * ROUND_MS);
      expect(settled).to.deep.equal([]);
      ledger.failing.clear();
      await clock.runUntil(4 * ROUND_MS);
      expect(settled.map(({ outcome }) => outcome)).to.deep.equal(['open']);
    });
  }

  it('tell of a round that the chain forgot as open, with what was read last', async () => {
    recounts.add(own(LISTED));
    ledger.name(SELF, RIGHT);
    run();
    await clock.runUntil(5 * ROUND_MS);
    expect(settled.map(({ outcome, lists }) => [outcome, lists.length])).to.deep.equal([
      ['open', 1],
    ]);
    expect(await recounts.of(LISTED)).to.include({ isSettled: true });
  });

  it('keep trying accounts that can not be read for three looks', async () => {
    recounts.add(own(LISTED));
    ledger.name(SELF, RIGHT);
    ledger.outcomes.set(LISTED, 'paid');
    ledger.failing.add('contents');
    run();
    await clock.runUntil(ROUND_MS);
    expect(settled).to.deep.equal([]);
    await clock.runUntil(2 * ROUND_MS);
    expect(settled.map(({ unread }) => unread)).to.deep.equal([1]);
  });

  it('go on after failed calls', async () => {
    recounts.add(own(LISTED));
    ledger.outcomes.set(LISTED, 'paid');
    ledger.failing.add('lists').add('windows');
    run();
    await clock.runUntil(ROUND_MS / 2);
    ledger.failing.delete('windows');
    await clock.runUntil(1.5 * ROUND_MS);
    expect(settled).to.deep.equal([]);
    ledger.failing.clear();
    await clock.runUntil(2 * ROUND_MS);
    expect(settled).to.have.length(1);
  });

  it('count a round on demand that the chain still holds, one at a time', async () => {
    for (const round of [ROUND - 2, ROUND - 3, ROUND - 4]) ledger.name(SELF, RIGHT, round);
    ledger.readMs = 1000;
    const answers = [ROUND - 2, ROUND - 3, ROUND - 4].map((round) => recounts.of(round));
    await clock.runUntil(500);
    expect(made).to.deep.equal([ROUND - 2]);
    await clock.runUntil(3500);
    expect((await Promise.all(answers)).map(({ recount }) => recount.own.round)).to.deep.equal(
      made,
    );
  });

  it('refuse a round that is not listed yet, and one that the chain forgot, at the cost of one call', async () => {
    for (const round of [ROUND - 1, ROUND, 1e9, ROUND - 5, 0]) {
      expect(await refusal(round), String(round)).to.be.instanceOf(NoSuchRoundError);
    }
    expect(ledger.calls.map(({ method }) => method)).to.deep.equal(['windows']);
    expect(made).to.deep.equal([]);
  });

  it('say what can not be known now, and keep an earlier answer meanwhile', async () => {
    recounts.add(own(LISTED));
    ledger.failing.add('lists');
    expect(await refusal(LISTED))
      .to.be.instanceOf(Error)
      .and.not.instanceOf(NoSuchRoundError);
    ledger.failing.clear();
    await clock.runUntil(11_000);
    const { readAt } = await recounts.of(LISTED);
    ledger.failing.add('lists');
    await clock.runUntil(22_000);
    expect(await recounts.of(LISTED)).to.include({ readAt, isSettled: false });
  });

  it('know what the seed is made from, while the chain shows it', async () => {
    ledger.submissionsOf.set(LISTED - 2, { [SELF]: 'value' });
    recounts.add(own(LISTED));
    expect((await recounts.of(LISTED)).submissionsOfRoundMinus2).to.deep.equal({
      [SELF]: 'value',
    });
    expect((await recounts.of(ROUND - 3)).submissionsOfRoundMinus2).to.equal(undefined);
  });

  it('compare with a list that was made anew', async () => {
    recounts.add(own(LISTED));
    ledger.name(SELF, { [SELF]: 100 });
    expect((await recounts.of(LISTED)).recount.lists[0]!.reading).to.equal('differs');
    recounts.add({ ...own(LISTED), amounts: { [SELF]: 100 } });
    expect((await recounts.of(LISTED)).recount.lists[0]!.reading).to.equal('equal');
  });

  it('keep 32 rounds, and fewer large ones', () => {
    for (let round = 0; round < 40; round++) recounts.add(own(round));
    expect(recounts.known).to.deep.equal(Array.from({ length: 32 }, (_, i) => 39 - i));
    for (let round = 40; round < 72; round++) recounts.add(own(round, 3000));
    expect(recounts.known.length).to.be.within(8, 20);
    expect(recounts.known[0]).to.equal(71);
  });

  it('know what the network did in them', async () => {
    recounts.add(own(LISTED));
    run();
    await nextTurn();
    const [row] = recounts.recent(5);
    expect(row).to.include({ round: LISTED, proofs: 2, valid: 1, networkHashes: '7' });
    await clock.runUntil(1.2 * ROUND_MS);
    expect(recounts.recent(5)[0]!.roundMs).to.be.closeTo(ROUND_MS, 1);
  });

  it('forget everything after a reset of the network', async () => {
    recounts.add(own(LISTED));
    run();
    await clock.runUntil(ROUND_MS / 2);
    ledger.rewound = 8;
    await clock.runUntil(2.2 * ROUND_MS);
    expect(recounts.known).to.deep.equal([]);
    expect(recounts.recent(3)).to.deep.equal([]);
  });
});
